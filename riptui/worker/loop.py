"""Take, compute, wait, leave."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from riptui import __version__
from riptui.engine import BatchRunner
from riptui.errors import DiskError
from riptui.events import Ended, Failed, Iterated, TrajectoryEvent
from riptui.spec import Spec
from riptui.store.claim import timestamp
from riptui.store.layout import slugify
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import Registration, WorkerOptions, WorkerRecord
from riptui.worker.disk_queue import DiskQueue
from riptui.worker.heartbeat import Heartbeat
from riptui.worker.memory_queue import MemoryQueue

POLL_SECONDS = 0.25  # seconds between two looks around while there is nothing to do
MAX_DISK_ERRORS = 3  # errors of the disk in a row, on different trajectories: then it is no single folder's fault


def new_worker_record(options: WorkerOptions) -> WorkerRecord:
    """The record of this process as a worker."""
    host = socket.gethostname()
    return WorkerRecord(
        id=slugify(f"{host[:60]}-{os.getpid()}-{time.time():.0f}"),
        pid=os.getpid(),
        host=host,
        started=timestamp(),
        version=__version__,
        **msgspec.structs.asdict(options),
    )


def serve(
    registration: Registration,
    runs: Path,
    *,
    idle_seconds: float,
    should_stop: Callable[[], bool],
    memory_queue: MemoryQueue | None = None,
) -> Iterator[TrajectoryEvent]:
    """Compute what is queued in a runs folder, until there has been nothing to do for `idle_seconds`.

    memory_queue: take what is in there, and not what is queued. `should_stop()` is asked after each iteration, and
    while there is nothing to do; what is not done stays queued.
    Raises DiskError if the disk fails more than a single trajectory.
    """
    record = registration.record
    runner = BatchRunner(
        device=record.device, slots=record.batch, compile=record.compile, deterministic=record.deterministic
    )
    queue = DiskQueue(runs) if memory_queue is None else memory_queue
    with Heartbeat(registration, runs, runner, queue, should_stop) as heartbeat:
        disk_errors = 0
        idle_since = time.monotonic()
        while _wait_for_work(registration, queue, heartbeat, idle_since + idle_seconds, should_stop):
            heartbeat.phase = "working"
            taker = _QueueTaker(queue, heartbeat)
            try:
                for trajectory, event in runner.run(taker.take, should_stop=should_stop, on_step=heartbeat.record_step):
                    if isinstance(event, Iterated):
                        heartbeat.record_iteration()
                        disk_errors = 0
                    elif isinstance(event, Failed) or (isinstance(event, Ended) and event.done):
                        queue.mark_done(trajectory)
                    yield trajectory, event
            except DiskError as error:
                disk_errors += 1
                if disk_errors == MAX_DISK_ERRORS or not taker.taken:
                    raise
                culprit = taker.find_culprit()
                queue.mark_done(culprit)
                yield culprit, Failed(error)
            idle_since = time.monotonic()


class _QueueTaker:
    """Takes from the queue, and knows what it took."""

    def __init__(self, queue: DiskQueue | MemoryQueue, heartbeat: Heartbeat) -> None:
        self.taken: list[Trajectory] = []
        self._queue = queue
        self._heartbeat = heartbeat

    def take(self, spec: Spec | None) -> Trajectory | None:
        """The next one that can be computed beside one of `spec`; None: there is none."""
        trajectory = self._queue.take_next(spec)
        if trajectory is not None:
            self.taken.append(trajectory)
            self._heartbeat.inpainter = trajectory.spec.inpainter
        return trajectory

    def find_culprit(self) -> Trajectory:
        """Which trajectory the disk failed at: one that was removed, or the newest."""
        return next((trajectory for trajectory in self.taken if not trajectory.path.exists()), self.taken[-1])


def _wait_for_work(
    registration: Registration,
    queue: DiskQueue | MemoryQueue,
    heartbeat: Heartbeat,
    deadline: float,
    should_stop: Callable[[], bool],
) -> bool:
    """Wait for something to take, until then (time.monotonic()) at most; whether there is.

    A worker whose entry was removed, with the runs folder say, waits no more: nobody could see it, or send it away.
    """
    while not should_stop() and registration.path.exists():
        queue.scan()
        if len(queue):
            return True
        if time.monotonic() >= deadline:
            heartbeat.phase = "leaving"
            heartbeat.publish()
            queue.scan(now=True)  # for who has asked before that was told, and counts on this worker
            return len(queue) > 0
        heartbeat.phase = "idle"
        time.sleep(POLL_SECONDS)
    return False
