"""The time left of a study is that of the queue, up to its last trajectory."""

from pathlib import Path

import pytest

from riptui.planning.estimate import cost_key, times_on_disk
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import register
from riptui.supervision.client import list_running_workers
from riptui.supervision.progress import ProgressTracker
from riptui.supervision.queue_listing import QueueReader, schedule
from riptui.supervision.time_left import TimeLeft
from riptui.worker.loop import new_worker_record
from tests.support.trajectories import MakeTrajectory, advance, set_iteration_seconds


@pytest.fixture
def queued(make_trajectory: MakeTrajectory) -> dict[str, Trajectory]:
    """In the order of the queue: one of a study, another one, and one more of the study; 10 s each iteration."""
    names = ("study/first", "other", "study/last", "behind")
    made = {name: make_trajectory(name, seed=seed) for seed, name in enumerate(names)}
    advance(made["study/first"], 2)
    for number, trajectory in enumerate(made.values()):
        set_request(trajectory, Request(queued=1000.0 + number))
    set_iteration_seconds(made["study/first"], 10.0)
    return made


def make_tracker(runs: Path) -> ProgressTracker:
    return ProgressTracker(runs / "study", runs, {"first": 16, "last": 16})


def test_it_ends_with_its_last_trajectory_and_not_with_the_queue(runs: Path, queued: dict[str, Trajectory]) -> None:
    tracker = make_tracker(runs)
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(WorkerStatus(0.0, "working", rate=2.0))
        progress = TimeLeft(runs).add_to(tracker.poll(full=True), tracker)
        queue = QueueReader(runs).read(list_running_workers(runs))
    assert progress.seconds_left == 140 + 160 + 160  # what is computed in between counts, what comes after does not
    assert queue.seconds_left == 140 + 3 * 160
    assert queue.seconds_until([queued["study/first"].path]) == 140
    assert queue.seconds_until([trajectory.path for trajectory in queued.values()]) == queue.seconds_left


def test_what_runs_counts_with_what_its_worker_has_still_to_do(runs: Path, queued: dict[str, Trajectory]) -> None:
    set_request(queued["study/last"], Request("stop"))
    tracker = make_tracker(runs)
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(WorkerStatus(0.0, "working", rate=2.0, jobs=(WorkerJob("study/last", 4, 16),)))
        queue = QueueReader(runs).read(list_running_workers(runs))
        progress = TimeLeft(runs).add_to(tracker.poll(full=True), tracker)
    assert queue.seconds_until([queued["study/last"].path]) == 120
    assert progress.seconds_left == 120 + 140


def test_the_rate_of_a_study_is_that_of_its_own_work(runs: Path, queued: dict[str, Trajectory]) -> None:
    tracker = make_tracker(runs)
    own, other = WorkerJob("study/last", 4, 16), WorkerJob("other", 4, 16)
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        for jobs, rate in {(other,): 0.0, (own,): 2.0, (own, other): 1.0}.items():
            worker.publish(WorkerStatus(0.0, "working", rate=2.0, jobs=jobs))
            assert tracker.poll(full=True).rate == rate


def test_the_slow_first_iteration_of_a_session_changes_no_estimate(queued: dict[str, Trajectory]) -> None:
    first, other = queued["study/first"], queued["other"]
    key = cost_key(first.spec)
    set_iteration_seconds(first, 90.0, only=1)
    assert times_on_disk([key], [first])[key].seconds == 10.0
    advance(first, 1)  # paused and resumed
    set_iteration_seconds(first, 60.0, only=3)
    advance(other, 1)  # begun just now
    set_iteration_seconds(other, 60.0)
    assert times_on_disk([key], [first, other])[key].seconds == 10.0
    assert times_on_disk([key], [other])[key].seconds == 60.0, "there is no better one"


def test_it_is_not_known_where_nobody_computes_or_nothing_is_left(runs: Path, queued: dict[str, Trajectory]) -> None:
    tracker = make_tracker(runs)
    assert TimeLeft(runs).add_to(tracker.poll(full=True), tracker).seconds_left is None
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(WorkerStatus(0.0, "working", rate=2.0))
        for name in ("study/first", "study/last"):
            set_request(queued[name], Request("stop"))
        assert TimeLeft(runs).add_to(tracker.poll(full=True), tracker).seconds_left is None


def test_what_waits_goes_to_the_worker_that_is_free_first() -> None:
    assert schedule([[300.0], [10.0]], [100.0, 50.0]) == ([10.0, 110.0], [300.0, 10.0, 110.0, 160.0], 300.0)
    assert schedule([[100.0, 100.0]], [5.0]) == ([200.0], [100.0, 200.0, 205.0], 205.0)
    assert schedule([[]], [5.0, None, 5.0]) == ([0.0, 5.0, None], [5.0, None, None], None)
    assert schedule([[300.0], [None]], [5.0]) == ([None], [300.0, None, None], None)
