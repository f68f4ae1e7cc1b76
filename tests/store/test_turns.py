"""Users take turns in the queue."""

import os
from pathlib import Path

import pytest

from riptui.store import turns
from riptui.store.disk_queue import DiskQueue
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Trajectory
from riptui.store.turns import Turns, group_by_owner
from tests.support.trajectories import MakeTrajectory


def queue_of(**counts: int) -> list[QueuedTrajectory]:
    """So many trajectories of each user, whose id is the letter's: those of the first were queued first."""
    return [
        QueuedTrajectory(Trajectory(Path(f"{user}{number}")), 1000.0 * index + number, 0, ord(user))
        for index, (user, count) in enumerate(counts.items())
        for number in range(count)
    ]


def taken(waiting: list[QueuedTrajectory], count: int) -> list[str]:
    users, waiting = Turns(), [*waiting]
    names = []
    for _ in range(count):
        queued = next(users.order(group_by_owner(waiting)))
        users.count(queued.owner, any_model=True)
        waiting.remove(queued)
        names.append(queued.trajectory.path.name)
    return names


def test_thousands_of_one_user_do_not_starve_another() -> None:
    assert taken(queue_of(a=5000, b=1, c=2), 7) == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"]


def test_one_user_s_are_taken_in_their_order() -> None:
    assert taken(queue_of(a=4)[::-1], 4) == ["a0", "a1", "a2", "a3"]


def test_what_may_have_killed_workers_is_the_last_of_its_own_user_only() -> None:
    waiting = queue_of(a=3, b=2)
    waiting[0] = QueuedTrajectory(waiting[0].trajectory, 0.0, 2, ord("a"))
    assert taken(waiting, 5) == ["a1", "b0", "a2", "b1", "a0"]


def test_a_batch_is_not_refilled_for_ever_while_another_user_waits_for_another_model(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs another user")
    many = [make_trajectory(f"a/t{number}") for number in range(4)]
    other = make_trajectory("b/other", inpainter="telea", parameters={"radius": 3})
    os.chown(other.path, 4711, -1)
    queue = DiskQueue(tmp_path / "runs")
    assert queue.take_next(None) is not None
    assert queue.take_next(many[0].spec) is not None  # within the turn, the batch is refilled
    monkeypatch.setattr(turns, "TURN_SECONDS", -1.0)
    assert queue.take_next(many[0].spec) is None
    taken = queue.take_next(None)
    assert taken is not None
    assert taken.path == other.path
    assert queue.take_next(many[0].spec) is not None  # nobody else waits
