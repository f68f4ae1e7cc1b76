"""A folder that cannot be used ends nobody's work but its own."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui.engine import slot
from riptui.errors import DiskError
from riptui.events import Ended, Failed, TrajectoryEvent
from riptui.store import disk_queue
from riptui.store.claim import claim
from riptui.store.disk_queue import DiskQueue
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import SkippedTrajectory, WorkerOptions
from riptui.store.worker_registry import Worker, list_workers, register
from riptui.supervision.client import retry
from riptui.supervision.monitor import TrajectoryMonitor
from riptui.supervision.progress import ProgressTracker
from riptui.worker.loop import new_worker_record, serve
from riptui.worker.memory_queue import MemoryQueue
from tests.support.command import riptui
from tests.support.trajectories import MakeTrajectory

FEW = {"mask": 128, "amount": 25.0}


@pytest.fixture
def spoilt(make_trajectory: MakeTrajectory) -> list[Trajectory]:
    """Four trajectories at the head of the queue."""
    return [make_trajectory(f"a/spoilt{number}", **FEW) for number in range(4)]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`refuse(errno)`: folders named spoilt refuse to be claimed."""

    def refuse(number: int) -> None:
        def claim_or_fail(trajectory: Trajectory) -> object:
            if trajectory.path.name.startswith("spoilt"):
                raise DiskError(f"{trajectory.path}: permission denied", path=trajectory.path, number=number)
            return claim(trajectory)

        monkeypatch.setattr(slot, "claim", claim_or_fail)

    return refuse


def work(runs: Path, queue: MemoryQueue | None = None) -> tuple[list[TrajectoryEvent], Worker]:
    """A worker in this process, until nothing is left; its last live.json."""
    events = []
    with register(runs, new_worker_record(WorkerOptions(batch=2))) as entry:
        for event in serve(entry, runs, idle_seconds=0.0, should_stop=lambda: False, queue=queue):
            events.append(event)
        [worker] = list_workers(runs)
    return events, worker


@pytest.mark.usefixtures("spoilt")
@pytest.mark.parametrize("number", [errno.EACCES, errno.ESTALE, errno.EROFS])
def test_folders_that_cannot_be_claimed_are_skipped_and_named(
    number: int, refuse: Callable[[int], None], make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    refuse(number)
    good = make_trajectory("b/good", **FEW)
    events, worker = work(tmp_path / "runs")
    assert good.read_status() == Status.DONE
    assert [type(event) for _, event in events if isinstance(event, Failed | Ended)] == [Failed] * 4 + [Ended]
    assert worker.live is not None
    reason = f"{tmp_path / 'runs/a/spoilt0'}: permission denied"
    assert (worker.live.skipped_count, worker.live.skipped[0]) == (4, SkippedTrajectory("a/spoilt0", reason))


@pytest.mark.usefixtures("spoilt")
def test_a_full_disk_ends_the_worker(refuse: Callable[[int], None], tmp_path: Path) -> None:
    refuse(errno.ENOSPC)
    with pytest.raises(DiskError):
        work(tmp_path / "runs")


def test_a_folder_that_fails_while_it_is_computed_does_not_end_its_neighbour(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_trajectory("a/bad", **FEW), make_trajectory("a/good", **FEW)
    save = slot.Slot.save

    def save_or_fail(self: slot.Slot, *arguments: object) -> object:
        if self.trajectory.path.name == "bad":
            raise DiskError("stale", path=bad.path / "patches.bin", number=errno.ESTALE)
        return save(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(slot.Slot, "save", save_or_fail)
    _, worker = work(tmp_path / "runs")
    assert good.read_status() == Status.DONE
    assert worker.live is not None
    assert [skipped.path for skipped in worker.live.skipped] == ["a/bad"]


def test_a_skipped_trajectory_is_tried_again_later_and_when_a_person_asks(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory("a/one")
    queue = DiskQueue(tmp_path / "runs")

    def count() -> int:
        queue.scan(now=True)
        return len(queue)

    queue.skip(trajectory)
    assert count() == 0
    retry(trajectory)
    assert count() == 1
    monkeypatch.setattr(disk_queue, "RETRY_SKIPPED_SECONDS", -1.0)
    queue.skip(trajectory)
    assert count() == 1


def test_who_watches_is_told_that_it_is_skipped(
    spoilt: list[Trajectory], refuse: Callable[[int], None], tmp_path: Path
) -> None:
    refuse(errno.EACCES)
    runs = tmp_path / "runs"
    with register(runs, new_worker_record(WorkerOptions(batch=1))) as entry:
        watched = TrajectoryMonitor(runs, spoilt[:1])
        list(serve(entry, runs, idle_seconds=0.0, should_stop=lambda: False))
        [(_, event)] = watched.poll()
        tracker = ProgressTracker(runs, runs, {"a/spoilt0": 4, "a/spoilt1": 4})
        progress = tracker.poll(full=True)
        shown = riptui("ps", "--runs", runs).out
        assert tracker.is_over
        again = TrajectoryMonitor(runs, spoilt[:1])
        assert again.poll() == []  # an earlier try does not count
        tracker.retry_skipped()
        assert tracker.poll(full=True).statuses == {"queued": 2}
    assert isinstance(event, Failed)
    assert str(event.error) == f"{runs}/a/spoilt0: permission denied"
    assert watched.is_over
    assert (progress.statuses, progress.failed["a/spoilt1"]) == (
        {"skipped": 2},
        f"{runs}/a/spoilt1: permission denied",
    )
    assert f"    a/spoilt0  skipped: {runs}/a/spoilt0: permission denied\n" in shown
