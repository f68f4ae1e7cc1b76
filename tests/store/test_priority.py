"""Priorities in the queue: all three kinds of queue follow them, and users still take turns."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from riptui.ray_cluster.backlog import Backlog
from riptui.spec import Spec
from riptui.store.disk_queue import DiskQueue
from riptui.store.queue_order import foresee_order, read_order
from riptui.store.queued import QueuedTrajectory
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.store.trust import Trust
from riptui.store.turns import Turns, group_by_owner
from riptui.supervision.client import request_state
from riptui.supervision.progress import ProgressTracker
from riptui.supervision.reordering import move_to_end, reorder, set_priority
from riptui.worker import memory_queue
from riptui.worker.memory_queue import MemoryQueue
from tests.support.trajectories import MakeTrajectory

OTHER = {"inpainter": "telea", "parameters": {"radius": 3}}  # another model


@pytest.fixture
def queued(make_trajectory: MakeTrajectory, tmp_path: Path) -> dict[str, Trajectory]:
    """Queued in the order of their names: c has another model, d and b have priorities."""
    made = {}
    for number, (name, priority) in enumerate({"a": 0, "b": -1, "c": 0, "d": 7, "e": 0}.items()):
        made[name] = make_trajectory(f"g/{name}", seed=number, **(OTHER if name == "c" else {}))
        set_request(made[name], Request(queued=1000.0 + number, priority=priority))
    return made


def take_all(take_next: Callable[[Spec | None], Trajectory | None]) -> Iterator[str]:
    """As a worker takes them, one at a time, with the model loaded that the last one had."""
    spec = None
    while (taken := take_next(spec) or take_next(None)) is not None:
        spec = taken.spec
        yield taken.path.name


ORDER = ["d", "a", "e", "c", "b"]


def test_a_queue_on_disk_takes_the_highest_first(queued: dict[str, Trajectory], tmp_path: Path) -> None:
    foreseen = [one.trajectory.path.name for one in read_order(tmp_path / "runs", [])]
    assert [*take_all(DiskQueue(tmp_path / "runs").take_next)] == ORDER == foreseen


def test_a_queue_in_memory_takes_the_highest_first(queued: dict[str, Trajectory]) -> None:
    queue = MemoryQueue()
    for trajectory in queued.values():
        queue.add(trajectory)
    assert [*take_all(queue.take_next)] == ORDER


def test_a_queue_in_memory_sees_a_priority_that_is_given_later(
    queued: dict[str, Trajectory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_queue, "MIN_SCAN_SECONDS", 0.0)
    monkeypatch.setattr(memory_queue, "MAX_SCAN_SHARE", float("inf"))
    queue = MemoryQueue()
    for trajectory in queued.values():
        queue.add(trajectory)
    assert queue.take_next(None) == queued["d"]
    request_state(queued["b"], "run", Request(priority=3))
    assert [*take_all(queue.take_next)] == ["b", "a", "e", "c"]


def test_a_backlog_assigns_the_highest_first_also_of_a_model_that_is_not_loaded(
    queued: dict[str, Trajectory], tmp_path: Path
) -> None:
    set_priority(list(read_order(tmp_path / "runs", []))[3:4], 9)  # of c
    runs = tmp_path / "runs"
    tracker = ProgressTracker(runs, runs, {f"g/{name}": 16 for name in queued})
    backlog, model, names = Backlog(runs, Trust(os.geteuid(), "own", False)), b"", []
    backlog.refresh(tracker, [])
    while assignment := backlog.take(model, {}, lend=False, is_idle=True):
        model = assignment.model_key
        names.append(assignment.trajectory.path.name)
    assert names == ["c", "d", "a", "e", "b"]


def test_a_high_priority_of_another_model_is_not_kept_waiting_by_a_batch(
    queued: dict[str, Trajectory], tmp_path: Path
) -> None:
    queue = DiskQueue(tmp_path / "runs")
    first = queue.take_next(None)
    assert first is not None
    assert first.path == queued["d"].path
    request_state(queued["c"], "run", Request(priority=1))
    request_state(queued["d"], "pause")
    queue.scan(now=True)
    assert queue.take_next(first.spec) is None
    second = queue.take_next(None)
    assert second is not None
    assert second.path == queued["c"].path


def test_the_priority_of_one_user_keeps_no_other_waiting() -> None:
    waiting = [
        QueuedTrajectory(Trajectory(Path(f"{user}{number}")), 1000.0 + number, 0, ord(user), priority)
        for user, priority in (("a", 1000), ("b", -1000))
        for number in range(3)
    ]
    turns, names = Turns(), []
    while waiting:
        taken = next(turns.order(group_by_owner(waiting)))
        turns.count(taken.owner, any_model=True)
        waiting.remove(taken)
        names.append(taken.trajectory.path.name)
    assert names == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_the_order_is_foreseen_from_whose_trajectory_runs(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs another user")
    running, *mine = [make_trajectory(f"a/t{number}", seed=number) for number in range(3)]
    other = make_trajectory("b/other", seed=9)
    os.chown(other.path, 4711, -1)
    waiting = [one for one in read_order(tmp_path / "runs", []) if one.trajectory.path != running.path]
    foreseen = [one.trajectory.path for one in foresee_order(waiting, [running])]
    assert foreseen == [other.path, *(trajectory.path for trajectory in mine)]


def test_without_a_priority_a_request_has_the_bytes_that_it_always_had(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    assert b"priority" not in trajectory.read_data("request.json")
    assert b"since" not in trajectory.read_data("request.json")


def test_a_priority_stays_until_another_is_given(queued: dict[str, Trajectory]) -> None:
    request_state(queued["d"], "pause")
    request_state(queued["d"], "run", Request(metrics=("psnr",)))
    assert queued["d"].request.priority == 7
    request_state(queued["d"], "run", Request(priority=0))
    assert queued["d"].request.priority == 0


def order(runs: Path) -> str:
    return "".join(one.trajectory.path.name for one in read_order(runs, []))


def test_moved_first_or_last_they_pass_priorities_models_and_keep_their_own_order(
    queued: dict[str, Trajectory], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    waiting = read_order(runs, [])
    since = {one.trajectory.path.name: one.since for one in waiting}
    move_to_end([one for one in waiting if one.trajectory.path.name in "cb"], waiting, "first")
    assert order(runs) == "cbdae"
    waiting = read_order(runs, [])
    move_to_end([one for one in waiting if one.trajectory.path.name in "bd"], waiting, "last")
    assert order(runs) == "caebd"
    assert {one.trajectory.path.name: one.since for one in read_order(runs, [])} == since


def test_the_app_moves_one_past_a_higher_priority(queued: dict[str, Trajectory], tmp_path: Path) -> None:
    reorder([queued["a"], queued["d"]])
    assert order(tmp_path / "runs") == "adecb"
