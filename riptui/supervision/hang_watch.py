"""Workers that take too long for an iteration, or give no sign for as long: they are ended, so that others go on."""

import time
from collections.abc import Callable

from riptui.errors import WorkerError
from riptui.store.worker_registry import Worker
from riptui.supervision.client import kill_worker
from riptui.text.units import format_duration

WAITING_PHASES = ("starting", "loading", "idle", "leaving")
"""Phases without iterations. Only silence counts in them."""


class HangWatch:
    """Watches one slot's worker. timeout: seconds that an iteration may take.

    end: ends a worker that hangs and returns what to tell of that; by default by a signal to a process of this machine.
    """

    def __init__(self, timeout: float, end: Callable[[Worker], str] | None = None) -> None:
        self._timeout = timeout
        self._end = end or _kill
        self._progress: object = None
        self._since = time.monotonic()

    def check(self, worker: Worker) -> str:
        """End the worker if it hangs, which leaves its trajectories queued; return what to tell, or ""."""
        now = time.monotonic()
        live = worker.live
        waits = not worker.silent and (live is None or live.state in WAITING_PHASES)
        progress = worker.record.id, live and tuple((job.path, job.k) for job in worker.jobs)
        if waits or progress != self._progress:
            self._progress, self._since = progress, now
        if now - self._since < self._timeout:
            return ""
        self._since = now  # if it does not end, it is told again
        return (
            f"worker {worker.record.id} finished no iteration in {format_duration(self._timeout)}: {self._end(worker)}"
        )


def _kill(worker: Worker) -> str:
    try:
        kill_worker(worker)
    except WorkerError:
        return f"end process {worker.record.pid} on {worker.record.host} yourself"
    return "it was killed"
