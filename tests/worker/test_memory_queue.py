"""A queue of given trajectories: the order of the disk's, and what becomes of those that do not run here."""

import pytest

from riptui.store.claim import claim
from riptui.store.trajectory import Trajectory
from riptui.supervision.client import request_state
from riptui.worker import memory_queue
from riptui.worker.memory_queue import MemoryQueue
from tests.support.trajectories import MakeTrajectory


def filled(*trajectories: Trajectory, retry: bool = False) -> MemoryQueue:
    queue = MemoryQueue(retry=retry)
    for trajectory in trajectories:
        queue.add(trajectory)
    return queue


def names(queue: MemoryQueue) -> list[str]:
    taken = []
    while trajectory := queue.take_next(None):
        taken.append(trajectory.path.name)
    return taken


def test_it_has_the_order_of_the_disk_queue(make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"a/t{number}", seed=number) for number in (10, 9, 2, 1)]
    for trajectory, queued in zip(made, (5.0, 5.0, 7.0, 1.0), strict=True):
        request_state(trajectory, "stop")
        request_state(trajectory, "run", queued=queued)
    (made[3].path / "attempts.json").write_text('{"k": 0, "count": 1}')  # it may have killed a worker
    assert names(filled(*made)) == ["t9", "t10", "t2", "t1"]


def test_a_batch_takes_only_its_own_kind(make_trajectory: MakeTrajectory) -> None:
    first, other, second = make_trajectory("a/1"), make_trajectory("a/2", inpainter="noise"), make_trajectory("a/3")
    queue = filled(first, other, second)
    assert queue.take_next(first.spec) is first
    assert queue.take_next(first.spec) is second
    assert queue.take_next(first.spec) is None
    assert queue.take_next(None) is other


def test_what_is_not_requested_any_more_ends(make_trajectory: MakeTrajectory) -> None:
    early, late = make_trajectory("a/early"), make_trajectory("a/late")
    request_state(early, "pause")
    queue = filled(early, late)
    assert queue.ended_event.is_set()
    assert len(queue) == 1
    request_state(late, "stop")
    assert queue.take_next(None) is None
    assert queue.take_ended() == [(early, True), (late, True)]
    assert queue.take_ended() == []


def test_what_was_released_by_an_error_of_the_disk_is_queued_again(make_trajectory: MakeTrajectory) -> None:
    one, two = make_trajectory("a/1"), make_trajectory("a/2")
    queue = filled(one, two)
    assert names(queue) == ["1", "2"]
    queue.mark_ended(two, final=True)
    queue.scan()
    assert names(queue) == ["1"]


@pytest.mark.parametrize("retry", [False, True])
def test_what_another_process_runs_is_tried_again_or_handed_back(
    retry: bool, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_queue, "RETRY_SECONDS", 0.0)
    held, free = make_trajectory("a/held"), make_trajectory("b/free")
    queue = filled(held, free, retry=retry)
    assert queue.take_next(None) is held
    with claim(held):
        queue.mark_ended(held, final=False)
    assert queue.has_held is retry
    assert queue.take_ended() == ([] if retry else [(held, False)])
    queue.scan()
    assert names(queue) == ["free"]  # first what needs no waiting
    queue.mark_ended(free, final=True)
    queue.scan()
    assert names(queue) == (["held"] if retry else [])
