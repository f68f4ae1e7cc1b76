"""A crash before, half-way through and after every call that changes the disk; and every one of them failing."""

import errno
import os
import random
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from riptui.errors import DiskError
from riptui.store import layout
from riptui.store.listing import find_trajectories, summarize
from riptui.store.trajectory import Status
from tests.support.faulty_disk import PLACE, Disk, Point, Story, Told, When, about, contents

pytestmark = pytest.mark.slow

STORY = Story(amount=100.0)
"""Four iterations of noise at mask 128, measured at 0, 50 and 100 %."""


def require_same_ending(story: Story, runs: Path) -> None:
    """Run again, and find the folder as if nothing had happened, and nothing beside it."""
    with Disk():
        assert contents(story.run(runs)) == story.ending
        group = (runs / PLACE).parent
        for left in group.glob(f"{layout.NEW_PREFIX}*"):
            os.utime(left, (0, 0))
        story.create(runs)
    assert list(group.iterdir()) == [runs / PLACE]
    assert [found.path for found in find_trajectories(runs)] == [runs / PLACE]


def require_readable(runs: Path) -> None:
    for trajectory in find_trajectories(runs):
        summary = summarize(trajectory)
        assert not summary.error
        assert summary.status != Status.RUNNING
        assert summary.k == len(trajectory.read_rows())


def test_a_run_makes_every_kind_of_call() -> None:
    kinds = {call.split()[0] for call in STORY.calls}
    assert kinds == {"mkdir", "open", "flock", "ftruncate", "pwrite", "fsync", "rename", "unlink"}
    assert len(STORY.calls) > 80
    for committed in ("rename spec.json", "rename name", "rename 4.png"):
        assert STORY.calls.count(committed) == 1


@pytest.mark.parametrize(
    ("when", "story"),
    [
        ("before", STORY),
        pytest.param("half", STORY, marks=pytest.mark.exhaustive),
        pytest.param(
            "after", Story(inpainter="navier-stokes", mask=64, amount=25.0, metrics=()), marks=pytest.mark.exhaustive
        ),
    ],
    ids=["before", "half-way through", "after"],
)
def test_a_crash_at_any_call_loses_nothing_reported_and_changes_no_byte(
    when: When, story: Story, tmp_path: Path
) -> None:
    crashes = 0
    for number, call in enumerate(story.calls):
        if when == "half" and not call.startswith("pwrite"):
            continue
        (tmp_path / str(number)).mkdir()
        runs = tmp_path / str(number) / "runs"
        told, point = story.crash(runs, Point(number, when))
        with about(point):
            assert call.split()[0] in point
            story.require_promises(runs, told)
            require_readable(runs)
            require_same_ending(story, runs)
        crashes += 1
    assert crashes > (20 if when == "half" else 75)


@pytest.mark.exhaustive
def test_a_crash_while_recovering_from_a_crash_is_as_harmless(tmp_path: Path) -> None:
    rng = random.Random(0)
    for number in range(30):
        (tmp_path / str(number)).mkdir()
        runs = tmp_path / str(number) / "runs"
        reported, points = Told(), list[str]()
        while len(points) < 4:
            told, point = STORY.crash(runs, Point(rng.randrange(len(STORY.calls)), rng.choice(get_args(When))))
            reported = reported.joined(told)
            points.append(point)
            with about("; ".join(points)):
                STORY.require_promises(runs, reported)
        with about("; ".join(points)):
            require_same_ending(STORY, runs)


@pytest.mark.parametrize(
    ("code", "lasting"),
    [pytest.param(errno.EIO, False, marks=pytest.mark.exhaustive), (errno.ENOSPC, True)],
    ids=["EIO once", "ENOSPC from then on"],
)
def test_any_call_that_fails_ends_the_run_with_a_clear_error_and_loses_nothing(
    code: int, lasting: bool, tmp_path: Path
) -> None:
    ended = 0
    for number, call in enumerate(STORY.calls):
        (tmp_path / str(number)).mkdir()
        runs = tmp_path / str(number) / "runs"
        told = Told()

        def failure(at: int, number: int = number) -> OSError | None:
            return OSError(code, os.strerror(code)) if at == number or (lasting and at > number) else None

        with about(f"call {number}, {call}"):
            with Disk(failure=failure):
                with suppress(DiskError):
                    STORY.run(runs, told)
                ended += not told.done
            STORY.require_promises(runs, told)
            require_readable(runs)
            require_same_ending(STORY, runs)
    assert ended > 0.9 * len(STORY.calls)


@pytest.mark.parametrize("longest", [1, 1000])
def test_writes_that_the_kernel_cuts_short_are_continued(longest: int, tmp_path: Path) -> None:
    story = Story(inpainter="identity", mask=256, amount=100.0)
    with Disk(longest_write=longest) as faulty:
        assert contents(story.run(tmp_path)) == story.ending
    assert faulty.calls.count("pwrite .tmp-original.png") > 100


def test_a_crash_while_remains_are_removed_leaves_remains_that_are_removed_later(tmp_path: Path) -> None:
    finished = False
    number = 0
    while not finished:
        (tmp_path / str(number)).mkdir()
        runs = tmp_path / str(number) / "runs"
        STORY.crash(runs, Point(STORY.calls.index("rename name"), "before"))
        (left,) = (runs / "group").glob(f"{layout.NEW_PREFIX}*")
        os.utime(left, (0, 0))
        _, point = STORY.crash(runs, Point(2 + number, "before"))
        finished = not left.exists() and number > 10
        with about(point):
            require_same_ending(STORY, runs)
        number += 1
