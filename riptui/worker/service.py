"""Take, compute, wait, leave."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from riptui import __version__
from riptui.engine import Bench
from riptui.errors import DiskError
from riptui.events import Ended, Failed, Iterated, Told
from riptui.inpainters import Compile
from riptui.spec import Spec
from riptui.store.claim import timestamp
from riptui.store.layout import name_from
from riptui.store.trajectory import Trajectory
from riptui.store.workers import Registration, WorkerRecord
from riptui.worker.inbox import Inbox
from riptui.worker.queue import Queue
from riptui.worker.report import Report

LOOK = 0.25  # seconds between two looks around while there is nothing to do
STRIKES = 3  # errors of the disk in a row, on different trajectories: then it is no single folder's fault


def new_record(
    *,
    device: str = "",
    batch: int | None = None,
    compile: Compile = "auto",
    deterministic: bool = False,
    offline: bool = False,
) -> WorkerRecord:
    """This process as a worker."""
    host = socket.gethostname()
    return WorkerRecord(
        id=name_from(f"{host[:60]}-{os.getpid()}-{time.time():.0f}"),
        pid=os.getpid(),
        host=host,
        device=device,
        batch=batch,
        started=timestamp(),
        version=__version__,
        compile=compile,
        deterministic=deterministic,
        offline=offline,
    )


def serve(
    entry: Registration, runs: Path, *, idle: float, should_stop: Callable[[], bool], inbox: Inbox | None = None
) -> Iterator[Told]:
    """Compute what is queued in a runs folder, until there has been nothing to do for `idle` seconds.

    inbox: take what is in there, and not what is queued. `should_stop()` is asked after each iteration, and while there
    is nothing to do; what is not done stays queued.
    Raises DiskError if the disk fails more than a single trajectory.
    """
    record = entry.record
    bench = Bench(device=record.device, slots=record.batch, compile=record.compile, deterministic=record.deterministic)
    queue = Queue(runs) if inbox is None else inbox
    with Report(entry, runs, bench, queue, should_stop) as report:
        strikes = 0
        idle_since = time.monotonic()
        while _wait(entry, queue, report, idle_since + idle, should_stop):
            report.phase = "working"
            hand = _Hand(queue, report)
            try:
                for trajectory, event in bench.work(hand.take, should_stop=should_stop, on_step=report.step):
                    if isinstance(event, Iterated):
                        report.iterated()
                        strikes = 0
                    elif isinstance(event, Failed) or (isinstance(event, Ended) and event.done):
                        queue.returned(trajectory)
                    yield trajectory, event
            except DiskError as error:
                strikes += 1
                if strikes == STRIKES or not hand.taken:
                    raise
                culprit = hand.culprit()
                queue.returned(culprit)
                yield culprit, Failed(error)
            idle_since = time.monotonic()


class _Hand:
    """Takes from the queue, and knows what it took."""

    def __init__(self, queue: Queue | Inbox, report: Report) -> None:
        self.taken: list[Trajectory] = []
        self._queue = queue
        self._report = report

    def take(self, spec: Spec | None) -> Trajectory | None:
        """The next one that can be computed beside one of `spec`; None: there is none."""
        trajectory = self._queue.next(spec)
        if trajectory is not None:
            self.taken.append(trajectory)
            self._report.inpainter = trajectory.spec.inpainter
        return trajectory

    def culprit(self) -> Trajectory:
        """Which trajectory the disk failed at: one that was removed, or the newest."""
        return next((one for one in self.taken if not one.path.exists()), self.taken[-1])


def _wait(
    entry: Registration, queue: Queue | Inbox, report: Report, until: float, should_stop: Callable[[], bool]
) -> bool:
    """Wait for something to take, until then (time.monotonic()) at most; whether there is.

    A worker whose entry was removed, with the runs folder say, waits no more: nobody could see it, or send it away.
    """
    while not should_stop() and entry.path.exists():
        queue.scan()
        if len(queue):
            return True
        if time.monotonic() >= until:
            report.phase = "leaving"
            report.tell()
            queue.scan(now=True)  # for who has asked before that was told, and counts on this worker
            return len(queue) > 0
        report.phase = "idle"
        time.sleep(LOOK)
    return False
