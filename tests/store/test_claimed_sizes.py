"""Files that claim to be huge: memory and time depend on the spec, and not on a size that costs nothing to claim."""

import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from riptui.cli.logs import MIN_READ_BYTES
from riptui.store import layout
from riptui.store.frame_reader import FrameReader
from riptui.store.listing import summarize
from riptui.store.tail import LineTail
from riptui.store.trajectory import Status, Trajectory
from tests.support.command import riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

HUGE = 3 * 2**30  # bytes
ALLOWED = 120 * 2**20  # bytes, of which a file's limit of about 8 MiB is held several times


@pytest.fixture
def done(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trajectory:
    monkeypatch.chdir(tmp_path)
    trajectory = make_trajectory(metrics=("psnr",))
    list(run_trajectory(trajectory))
    return trajectory


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < ALLOWED
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [layout.ROWS, layout.PATCHES, layout.METRICS, layout.SESSIONS, layout.SQUARES, layout.LOG]
)
def test_a_sparse_file_takes_no_memory_and_is_cut(name: str, done: Trajectory) -> None:
    (done.path / name).touch()
    before = (done.path / name).read_bytes()
    os.truncate(done.path / name, HUGE)
    with little_memory():
        summary = summarize(done)
        assert (summary.status, summary.k, list(summary.metrics)) == (Status.DONE, 16, [0, 8, 16])
        reader = FrameReader(done)
        reader.refresh()
        reader.frame(11)
        for command in (["resume"], ["check", "--repair"]):
            assert riptui(*command, done.path).code == 0
    if name != layout.LOG:
        assert (done.path / name).read_bytes() == before


@pytest.mark.slow
def test_what_is_huge_where_a_picture_belongs_is_damage(done: Trajectory) -> None:
    os.truncate(done.path / layout.KEYFRAMES / "8.png", HUGE)
    with little_memory():
        assert riptui("check", done.path).code == 1
        assert "repaired" in riptui("check", "--repair", done.path).out
    assert riptui("check", done.path).code == 0


def test_the_last_lines_of_a_huge_log_are_read_from_its_end(done: Trajectory) -> None:
    log = done.path / layout.LOG
    log.write_bytes(b"")
    os.truncate(log, HUGE)
    with log.open("ab") as opened:
        opened.write(b"\nthe last\nlines\n")
    with little_memory():
        assert riptui("logs", done.path, "-n", "2").out == "the last\nlines\n"
        assert riptui("logs", done.path, "-n", "0").out == ""


@pytest.mark.slow
def test_all_lines_of_a_log_that_are_asked_for_are_given(done: Trajectory) -> None:
    lines = [f"line {number}" for number in range(MIN_READ_BYTES // 8)]
    (done.path / layout.LOG).write_text("\n".join(lines))
    for count in (1, 7000, len(lines), len(lines) + 1):
        assert riptui("logs", done.path, "-n", str(count)).out.splitlines() == lines[-count:]


def test_a_tail_that_skipped_the_beginning_gives_only_what_is_new(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"one\ntwo\nthr")
    tail = LineTail(log)
    tail.skip_to(8, b"two\n")
    with log.open("ab") as opened:
        opened.write(b"ee\n")
    assert tail.read_lines() == b"three\n"
    log.write_bytes(b"new\n")
    assert tail.read_lines() == b"new\n"
