"""Summaries that are kept between lists: as true as the disk, and gone when they cannot be."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui.settings import paths
from riptui.store import layout, summary_cache
from riptui.store.annotations import Annotations, change_annotations
from riptui.store.claim import claim
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.lock import LOCK_FILE
from riptui.store.records import Failure, Request
from riptui.store.requests import set_request
from riptui.store.summary_cache import SummaryCache
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

LONG_AGO = 1_700_000_000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(summary_cache, "MIN_TRAJECTORIES", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    trajectory = make_trajectory(amount=25.0, metrics=("psnr",))
    list(run_trajectory(trajectory))
    age(trajectory.path)
    return trajectory


def age(folder: Path) -> None:
    """All of it was changed long ago."""
    for path in (*folder.iterdir(), folder):
        os.utime(path, (LONG_AGO, LONG_AGO))


def root(trajectory: Trajectory) -> Path:
    return trajectory.path.parent.parent


def listed(trajectory: Trajectory) -> TrajectorySummary:
    """By a new cache, as a command would."""
    cache = SummaryCache(root(trajectory))
    summary = cache.summarize(Trajectory(trajectory.path))
    cache.save()
    return summary


def same(first: TrajectorySummary, second: TrajectorySummary) -> bool:
    left, right = (vars(summary) | {"trajectory": None} for summary in (first, second))
    return left == right


def cache_files() -> list[Path]:
    return sorted((paths.cache_folder() / "summaries").glob("*"))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The trajectories that were read."""
    found: list[Path] = []

    def count(trajectory: Trajectory) -> TrajectorySummary:
        found.append(trajectory.path)
        return summarize(trajectory)

    monkeypatch.setattr(summary_cache, "summarize", count)
    return found


def test_what_has_not_changed_is_not_read_again_and_is_the_same(done: Trajectory, reads: list[Path]) -> None:
    change_annotations(done.path, lambda _: Annotations(("good",), "a note"))
    age(done.path)
    first, second = listed(done), listed(done)
    assert reads == [done.path]
    assert same(first, second)
    assert same(second, summarize(done))
    assert second.metrics
    assert second.trajectory.spec is second.spec, "its spec is not read again either"


def fail(trajectory: Trajectory) -> None:
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:00Z", 4, "the paint is dry", ""))


def in_place(name: str, change: Callable[[bytes], bytes]) -> Callable[[Trajectory], None]:
    """What an editor does that does not replace the file."""

    def edit(trajectory: Trajectory) -> None:
        path = trajectory.path / name
        before = path.read_bytes() if path.exists() else b""
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(0)
            file.write(change(before))
        os.utime(trajectory.path, (LONG_AGO, LONG_AGO))  # which such an editor leaves as it is

    return edit


def put_another_in_its_place(trajectory: Trajectory) -> None:
    copy = trajectory.path.with_name("copy")
    shutil.copytree(trajectory.path, copy, copy_function=shutil.copy2)
    (copy / layout.METRICS).unlink()
    shutil.rmtree(trajectory.path)
    copy.rename(trajectory.path)
    os.utime(trajectory.path, (LONG_AGO, LONG_AGO))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda trajectory: change_annotations(trajectory.path, lambda _: Annotations(("x",))), id="tag"),
        pytest.param(fail, id="failure"),
        pytest.param(lambda trajectory: set_request(trajectory, Request(state="pause")), id="request"),
        pytest.param(in_place(layout.METRICS, lambda data: data[: len(data) // 2]), id="metrics"),
        pytest.param(in_place(layout.METRICS, lambda data: data.replace(b'"psnr":2', b'"psnr":3')), id="a value"),
        pytest.param(in_place(layout.ROWS, lambda data: data[:-20]), id="rows"),
        pytest.param(in_place(layout.PATCHES, lambda data: data[:-20]), id="patches"),
        pytest.param(in_place(layout.SPEC, lambda data: data.replace(b"64", b"32", 1)), id="spec"),
        pytest.param(in_place(layout.SESSIONS, lambda data: data + data.replace(b":1", b":2", 1)), id="sessions"),
        pytest.param(in_place(layout.ANNOTATIONS, lambda _: b'{"tags":["y"]}'), id="annotations"),
        pytest.param(in_place(LOCK_FILE, lambda _: b'{"pid":1,"host":"x","since":1}'), id="a holder that died"),
        pytest.param(put_another_in_its_place, id="another folder"),
        pytest.param(lambda trajectory: shutil.rmtree(trajectory.path), id="removed"),
    ],
)
def test_every_change_on_disk_is_seen(
    change: Callable[[Trajectory], None], done: Trajectory, reads: list[Path]
) -> None:
    listed(done)
    change(done)
    found = listed(done)
    assert same(found, summarize(Trajectory(done.path)))
    assert len(reads) == 2


def test_a_running_trajectory_is_always_read(done: Trajectory, reads: list[Path]) -> None:
    with claim(done):
        assert listed(done).status == "running"
        age(done.path)
        assert listed(done).status == "running"
    assert listed(done).status == "done"
    assert len(reads) == 3


def test_what_changed_a_moment_ago_is_not_kept(done: Trajectory, reads: list[Path]) -> None:
    """Within the resolution of its time stamp it may change again unseen."""
    (done.path / layout.METRICS).touch()
    listed(done)
    listed(done)
    assert len(reads) == 2
    os.utime(done.path / layout.METRICS, ns=(0, time.time_ns() - 3 * 10**9))
    listed(done)
    listed(done)
    assert len(reads) == 3


def test_what_cannot_be_read_is_tried_again(done: Trajectory, reads: list[Path]) -> None:
    (done.path / layout.SPEC).write_text("{")
    age(done.path)
    assert listed(done).error
    assert listed(done).error
    assert len(reads) == 2


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x92\xa1x\x80", b"\x92" + b"\x81" * 100_000])
def test_a_damaged_file_is_an_empty_cache_and_is_replaced(content: bytes, done: Trajectory, reads: list[Path]) -> None:
    listed(done)
    [file] = cache_files()
    whole = file.read_bytes()
    file.write_bytes(content)
    assert same(listed(done), summarize(done))
    assert file.read_bytes() == whole
    assert len(reads) == 2


def test_damage_within_an_entry_is_seen(done: Trajectory, reads: list[Path]) -> None:
    listed(done)
    [file] = cache_files()
    file.write_bytes(file.read_bytes().replace(done.spec.fit.encode(), b"x" * len(done.spec.fit)))
    assert same(listed(done), summarize(done))
    assert len(reads) == 2


def test_another_release_reads_all_again(done: Trajectory, reads: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    listed(done)
    monkeypatch.setattr(summary_cache, "RELEASE", "another")
    listed(done)
    assert len(reads) == 2


def test_no_cache_folder_is_no_error(done: Trajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert same(listed(done), summarize(done))


def test_a_fifo_in_its_place_delays_nothing(done: Trajectory) -> None:
    listed(done)
    [file] = cache_files()
    file.unlink()
    os.mkfifo(file)
    assert same(listed(done), summarize(done))


def test_removed_trajectories_leave_the_cache(done: Trajectory, make_trajectory: MakeTrajectory) -> None:
    other = make_trajectory("picture/other", seed=1)
    age(other.path)
    cache = SummaryCache(root(done))
    for trajectory in (done, other):
        cache.summarize(trajectory)
    cache.save()
    [file] = cache_files()
    both = file.stat().st_size
    listed(done)
    assert file.stat().st_size < both


def test_few_trajectories_leave_no_file(done: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_cache, "MIN_TRAJECTORIES", 2)
    listed(done)
    assert cache_files() == []
