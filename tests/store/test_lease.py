"""A trajectory that is lent: computed in a copy, what grows saved at home, and crashes there at every call."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from riptui.errors import DamagedError, HeldError
from riptui.events import Iterated
from riptui.store.claim import claim, encode_record
from riptui.store.lease import Delta, RemoteCopy, lease
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.verify import inspect_folder
from tests.support.faulty_disk import Crash, Disk, Point, When, contents
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance

FIELDS = {"mask": 128, "amount": 150.0, "metrics": ("psnr",)}


def growths(home: Trajectory, folder: Path) -> Iterator[Delta]:
    """Compute a copy of a lent trajectory, and tell of every second iteration, and of the end."""
    with lease(home) as here:
        copy = RemoteCopy(folder, here.make_bundle())
    for event in run_trajectory(copy.trajectory):
        if isinstance(event, Iterated) and event.row.k % 2 == 0:
            yield copy.take_delta()
    yield copy.take_delta()


@pytest.fixture
def expected(make_trajectory: MakeTrajectory, tmp_path: Path) -> Trajectory:
    """Computed where it is."""
    trajectory = make_trajectory(runs=tmp_path / "expected", **FIELDS)
    for _ in run_trajectory(trajectory):
        pass
    return trajectory


@pytest.mark.slow
def test_what_comes_back_is_what_would_have_been_computed_here(
    make_trajectory: MakeTrajectory, expected: Trajectory, tmp_path: Path
) -> None:
    home = make_trajectory(**FIELDS)
    grown = [*growths(home, tmp_path / "copy")]
    with lease(home) as here:
        assert home.read_status() == Status.RUNNING
        for growth in grown:
            here.receive(growth)
            assert len(home.read_rows()) == sum(one.rows.count(b"\n") for one in grown[: grown.index(growth) + 1])
    assert contents(home) == contents(expected)
    assert not inspect_folder(home).leftovers


@pytest.mark.slow
def test_one_that_was_begun_goes_on_elsewhere(
    make_trajectory: MakeTrajectory, expected: Trajectory, tmp_path: Path
) -> None:
    home = make_trajectory(**FIELDS)
    assert advance(home, 3) == 3
    set_request(home, Request(metrics=("psnr",)))
    grown = [*growths(home, tmp_path / "copy")]
    with lease(home) as here:
        for growth in grown:
            here.receive(growth)
    assert contents(home) == contents(expected)
    assert {row.session for row in home.read_rows()} == {1, 2}


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "half", "after"])
@pytest.mark.exhaustive
def test_a_crash_at_home_at_any_call_loses_nothing_that_was_saved(
    when: When, make_trajectory: MakeTrajectory, expected: Trajectory, tmp_path: Path
) -> None:
    home = make_trajectory("group/home", **FIELDS)
    fresh = shutil.copytree(home.path, tmp_path / "fresh")
    grown = [*growths(home, tmp_path / "copy")]

    def save(place: str, crash: Point | None = None) -> tuple[Trajectory, int, list[str]]:
        """The folder at home, the rows that were saved before a crash, and the calls."""
        trajectory, saved = Trajectory(shutil.copytree(fresh, tmp_path / place)), 0
        with Disk(crash=crash) as disk, suppress(Crash), lease(trajectory) as here:
            for growth in grown:
                here.receive(growth)
                saved = len(trajectory.read_rows())
        return trajectory, saved, disk.calls

    whole, iterations, calls = save("whole")
    assert len(whole.read_rows()) == iterations == whole.spec.iterations
    crashes = 0
    for number in range(0, len(calls), 1 if when == "half" else 5):  # each takes 50 ms
        if when == "half" and not calls[number].startswith("pwrite"):
            continue
        trajectory, saved, _ = save(str(number), Point(number, when))
        assert saved <= len(trajectory.read_rows()) <= iterations
        assert inspect_folder(trajectory).damage == []
        crashes += saved < iterations
        if number % 4 == 0:
            for _ in run_trajectory(trajectory):
                pass
            assert contents(trajectory) == contents(expected)
    assert crashes >= 8


@pytest.mark.slow
def test_what_does_not_follow_is_refused(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    home = make_trajectory(**FIELDS)
    first, second, *_ = growths(home, tmp_path / "copy")
    with lease(home) as here:
        here.receive(first)
        for wrong in (first, Delta(rows=second.rows[:-5], patches=second.patches), Delta(rows=b"{}\n")):
            with pytest.raises(DamagedError, match="do not continue"):
                here.receive(wrong)
        here.receive(second)
        assert len(home.read_rows()) == (first.rows + second.rows).count(b"\n")
    assert inspect_folder(home).damage == []


def test_a_failure_comes_home_and_a_request_reaches_the_copy(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    home = make_trajectory(inpainter="navier-stokes")
    with lease(home) as here:
        copy = RemoteCopy(tmp_path / "copy", here.make_bundle())
        assert here.poll_request() is None
        set_request(home, Request("pause"))
        os.utime(home.path / "request.json")
        asked = here.poll_request()
        assert asked is not None
        assert here.poll_request() is None
        copy.set_request(encode_record(asked))
        assert copy.trajectory.read_status() == Status.PAUSED
        (copy.trajectory.path / "failed.json").write_bytes(b'{"when":"now","k":1,"error":"no","traceback":""}')
        (copy.trajectory.path / "log.txt").write_text("it failed\nand")
        here.receive(copy.take_delta())
    assert home.read_status() == Status.FAILED
    assert home.read_log() == "it failed\n"


@pytest.mark.slow
def test_one_that_is_lent_or_computed_is_lent_to_nobody_else(make_trajectory: MakeTrajectory) -> None:
    home = make_trajectory()
    with claim(home), pytest.raises(HeldError), lease(home):
        pass
    with lease(home), pytest.raises(HeldError), lease(home):
        pass
