"""The worker's main loop: take trajectories from a queue, run them, wait for more, exit."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from riptui import __version__
from riptui.engine import BatchRunner
from riptui.errors import DiskError
from riptui.events import Ended, Failed, HeldByOther, Iterated, TrajectoryEvent
from riptui.spec import Spec
from riptui.store.claim import timestamp
from riptui.store.disk_queue import DiskQueue
from riptui.store.names import slugify
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import Registration, WorkerOptions, WorkerRecord
from riptui.worker.heartbeat import Heartbeat
from riptui.worker.memory_queue import TrajectoryQueue

POLL_SECONDS = 0.25  # seconds between two scans of the queue while it is empty
MAX_DISK_ERRORS = 3  # disk errors in a row, on different trajectories: then no single folder is the cause


def new_worker_record(options: WorkerOptions, *, command: str = "") -> WorkerRecord:
    """The record of this process as a worker."""
    host = socket.gethostname()
    return WorkerRecord(
        id=slugify(f"{host[:60]}-{os.getpid()}-{time.time():.0f}"),
        pid=os.getpid(),
        host=host,
        started=timestamp(),
        version=__version__,
        command=command,
        **msgspec.structs.asdict(options),
    )


def serve(
    registration: Registration,
    runs: Path,
    *,
    idle_seconds: float,
    should_stop: Callable[[], bool],
    queue: TrajectoryQueue | None = None,
) -> Iterator[TrajectoryEvent]:
    """Run what is queued, until the queue has been empty for `idle_seconds`.

    queue: None for that of the runs folder. `should_stop()` is called after each iteration and while the queue is
    empty; then unfinished trajectories stay queued.
    Raises DiskError if the disk fails for more than a single trajectory.
    """
    record = registration.record
    runner = BatchRunner(
        device=record.device,
        slots=record.batch,
        compile=record.compile,
        deterministic=record.deterministic,
        offload=record.offload,
    )
    queue = DiskQueue(runs) if queue is None else queue
    with Heartbeat(registration, runs, runner, queue, should_stop) as heartbeat:
        disk_errors = 0
        idle_since = time.monotonic()
        while _wait_for_work(registration.path, queue, heartbeat, idle_since + idle_seconds, should_stop):
            heartbeat.phase = "working"
            taker = _QueueTaker(queue, heartbeat, should_stop)
            try:
                for trajectory, event in runner.run(taker.take, should_stop=should_stop, on_step=heartbeat.record_step):
                    if isinstance(event, Iterated):
                        heartbeat.record_iteration()
                        disk_errors = 0
                    elif isinstance(event, Ended | Failed | HeldByOther):
                        final = isinstance(event, Failed) or (isinstance(event, Ended) and event.done)
                        queue.mark_ended(trajectory, final=final)
                    yield trajectory, event
            except DiskError as error:
                disk_errors += 1
                if not taker.taken:
                    raise
                culprit = taker.find_culprit()
                queue.mark_ended(culprit, final=True)
                yield culprit, Failed(error)
                if disk_errors == MAX_DISK_ERRORS:
                    raise
            idle_since = time.monotonic()


class _QueueTaker:
    """Takes trajectories from a queue, and remembers them."""

    def __init__(self, queue: TrajectoryQueue, heartbeat: Heartbeat, should_stop: Callable[[], bool]) -> None:
        self.taken: list[Trajectory] = []
        self._queue = queue
        self._heartbeat = heartbeat
        self._should_stop = should_stop

    def take(self, spec: Spec | None) -> Trajectory | None:
        """A TrajectorySource."""
        trajectory = None if self._should_stop() else self._queue.take_next(spec)
        if trajectory is not None:
            self.taken.append(trajectory)
            self._heartbeat.inpainter = trajectory.spec.inpainter
        return trajectory

    def find_culprit(self) -> Trajectory:
        """The trajectory that the disk failed for: one whose folder was removed, or the one taken last."""
        return next((trajectory for trajectory in self.taken if not trajectory.path.exists()), self.taken[-1])


def _wait_for_work(
    entry: Path, queue: TrajectoryQueue, heartbeat: Heartbeat, deadline: float, should_stop: Callable[[], bool]
) -> bool:
    """Wait for a trajectory to take, until the deadline (time.monotonic()); whether there is one.

    A worker whose entry in the registry was removed, e.g. with the runs folder, waits no longer: nobody could see it
    or shut it down.
    """
    while not should_stop():
        queue.scan()
        if len(queue):
            return True
        if not queue.has_held:
            if not entry.exists():
                return False
            if time.monotonic() >= deadline:
                heartbeat.phase = "leaving"
                heartbeat.publish()
                queue.scan(now=True)  # whoever queued something before that was published relies on this worker
                return len(queue) > 0
        heartbeat.phase = "idle"
        time.sleep(POLL_SECONDS)
    return False
