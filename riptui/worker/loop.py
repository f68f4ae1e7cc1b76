"""The worker's main loop: take trajectories from a queue, run them, wait for more, exit."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from riptui import __version__
from riptui.engine import BatchRunner
from riptui.errors import DamagedError, DiskError, SpecError, StoreError
from riptui.events import Ended, Event, Failed, HeldByOther, Iterated, TrajectoryEvent
from riptui.inpainters.devices.device_names import torch_name
from riptui.spec import Spec
from riptui.store.asked_places import has_its_places
from riptui.store.claim import timestamp
from riptui.store.disk_failure import concerns_whole_disk
from riptui.store.disk_queue import DiskQueue
from riptui.store.names import slugify
from riptui.store.trajectory import Trajectory
from riptui.store.trust import Trust
from riptui.store.worker_environment import read_environment
from riptui.store.worker_process import process_place, slurm_job, start_ticks
from riptui.store.worker_record import WorkerOptions, WorkerRecord
from riptui.store.worker_registry import Registration
from riptui.worker.heartbeat import Heartbeat
from riptui.worker.inpainter_absence import InpainterAbsence
from riptui.worker.memory_queue import TrajectoryQueue

POLL_SECONDS = 0.25  # seconds between two scans of the queue while it is empty


def new_worker_record(options: WorkerOptions, *, command: str = "") -> WorkerRecord:
    """The record of this process as a worker."""
    host = socket.gethostname()
    return WorkerRecord(
        id=slugify(f"{host[:60]}-{os.getpid()}-{time.time():.0f}-{secrets.token_hex(8)}"),
        pid=os.getpid(),
        host=host,
        place=process_place(),
        start_ticks=start_ticks(),
        started=timestamp(),
        version=__version__,
        environment=read_environment(),
        slurm_job=slurm_job(),
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
    A trajectory whose folder cannot be used, or whose inpainter this worker may not use or does not have, is skipped:
    its event is Failed.
    Raises DiskError if the disk as a whole fails.
    """
    record = registration.record
    runner = BatchRunner(
        device=torch_name(record.device),
        slots=record.batch,
        compile=record.compile,
        deterministic=record.deterministic,
        offload=record.offload,
    )
    trust = Trust.of_worker(registration.path, record.serves, record.trust)
    queue = DiskQueue(runs, partial(_accepts, trust)) if queue is None else queue
    with Heartbeat(registration, runs, runner, queue, should_stop) as heartbeat:
        idle_since = time.monotonic()
        unreadable: list[TrajectoryEvent] = []
        while True:
            deadline = idle_since + idle_seconds
            has_work = _wait_for_work(registration.path, queue, heartbeat, deadline, should_stop, unreadable)
            yield from unreadable
            unreadable.clear()
            if not has_work:
                return
            heartbeat.phase = "working"
            taker = _QueueTaker(queue, heartbeat, trust, should_stop)
            try:
                for trajectory, event in runner.run(taker.take, should_stop=should_stop, on_step=heartbeat.record_step):
                    _note(trajectory, event, queue, heartbeat)
                    yield trajectory, event
                    if isinstance(event, Ended):
                        taker.forget(trajectory)
                    yield from taker.take_refused()
            except DiskError as error:
                if not taker.taken:
                    raise
                culprit = taker.find_culprit(error)
                _note(culprit, Failed(error), queue, heartbeat)
                yield culprit, Failed(error)
                if concerns_whole_disk(error, registration.path):
                    raise
            yield from taker.take_refused()
            idle_since = time.monotonic()


def _accepts(trust: Trust, trajectory: Trajectory) -> bool:
    """Whether a worker takes a trajectory: it was queued by somebody whom it serves, for models of its own cache and
    for its own servers.

    Raises DiskError if that cannot be told now.
    """
    try:
        return trust.accepts(trajectory) and has_its_places(trajectory.request)
    except DamagedError:
        return False


def _note(trajectory: Trajectory, event: Event, queue: TrajectoryQueue, heartbeat: Heartbeat) -> None:
    """Tell the queue and the readers of live.json what became of a trajectory."""
    if isinstance(event, Iterated):
        heartbeat.record_iteration()
        heartbeat.forget_skipped(trajectory)
    elif isinstance(event, Failed) and isinstance(event.error, SpecError | StoreError):  # no failed.json says why
        heartbeat.record_skipped(trajectory, str(event.error))
        if isinstance(event.error, DiskError):
            queue.skip(trajectory)
        else:
            queue.mark_ended(trajectory, final=True)
    elif isinstance(event, Ended | Failed | HeldByOther):
        final = isinstance(event, Failed) or (isinstance(event, Ended) and event.done)
        heartbeat.forget_skipped(trajectory)
        queue.mark_ended(trajectory, final=final)


class _QueueTaker:
    """Takes trajectories from a queue, and remembers them until they end."""

    def __init__(
        self, queue: TrajectoryQueue, heartbeat: Heartbeat, trust: Trust, should_stop: Callable[[], bool]
    ) -> None:
        self.taken: list[Trajectory] = []
        self._refused: list[TrajectoryEvent] = []
        self._queue = queue
        self._heartbeat = heartbeat
        self._trust = trust
        self._absence = InpainterAbsence()
        self._should_stop = should_stop

    def take(self, spec: Spec | None) -> Trajectory | None:
        """A TrajectorySource."""
        trajectory = None if self._should_stop() else self._take_trusted(spec)
        if trajectory is not None:
            self.taken.append(trajectory)
            self._heartbeat.inpainter = trajectory.spec.inpainter
        return trajectory

    def forget(self, trajectory: Trajectory) -> None:
        if trajectory in self.taken:
            self.taken.remove(trajectory)

    def take_refused(self) -> list[TrajectoryEvent]:
        """The trajectories that were not taken since the last call, and why."""
        refused, self._refused = self._refused, []
        return refused

    def _take_trusted(self, spec: Spec | None) -> Trajectory | None:
        """The next trajectory whose spec may load what it names, and that this user has; the others are skipped, with
        the reason."""
        while (trajectory := self._queue.take_next(spec)) is not None:
            reason = self._trust.refuse(trajectory) or self._absence.explain(trajectory)
            if not reason:
                break
            self._heartbeat.record_skipped(trajectory, reason)
            self._queue.skip(trajectory)
            self._refused.append((trajectory, Failed(StoreError(f"{trajectory.path}: {reason}"))))
        return trajectory

    def find_culprit(self, error: DiskError) -> Trajectory:
        """The trajectory that the disk failed for: the one whose file it was, one that was removed, or the last."""
        if error.path is not None:
            path = os.path.realpath(error.path)
            for trajectory in self.taken:
                if Path(path).is_relative_to(os.path.realpath(trajectory.path)):
                    return trajectory
        return next((trajectory for trajectory in self.taken if not trajectory.path.exists()), self.taken[-1])


def _wait_for_work(
    entry: Path,
    queue: TrajectoryQueue,
    heartbeat: Heartbeat,
    deadline: float,
    should_stop: Callable[[], bool],
    unreadable: list[TrajectoryEvent],
) -> bool:
    """Wait for a trajectory to take, until the deadline (time.monotonic()); whether there is one.

    unreadable: gets the trajectories that the disk does not let be read, which readers of live.json are told at once.
    A worker whose entry in the registry was removed, e.g. with the runs folder, waits no longer: nobody could see it
    or shut it down.
    """
    while not should_stop():
        queue.scan()
        for trajectory, reason in queue.take_unreadable():
            heartbeat.record_skipped(trajectory, reason)
            unreadable.append((trajectory, Failed(StoreError(reason))))
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
