"""Whether workers still give signs: one that is stopped, frozen or hangs in a driver would be shown as it last was.

A worker rewrites its live.json about every two seconds, or sooner if its state changes. That the file no longer changes
is seen by the watcher's own clock; at a first look, its age is that of the file against a new file on the same file
system. The clocks of two machines are never compared.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from riptui.store.worker_registry import LIVE_FILE, RECORD_FILE, Worker, list_workers

SILENT_SECONDS = 30.0  # without a change of live.json; a busy machine delays it by seconds
STEP_SECONDS = 5  # a silence is told in multiples of this, so that a display does not change all the time


class SignWatch:
    """Looks at workers again and again. For one thread."""

    def __init__(self) -> None:
        self._last_change: dict[str, tuple[object, float]] = {}
        """By worker id: its live.json, and the time.monotonic() at which it was last seen to change."""

    def watch(self, workers: Sequence[Worker]) -> list[Worker]:
        """The same workers, with how long each has been silent."""
        now = time.monotonic()
        known, self._last_change = self._last_change, {}
        watched = []
        for worker in workers:
            if not worker.alive:
                watched.append(worker)
                continue
            changed = known.get(worker.record.id)
            if changed is None:
                changed = worker.live, now - _read_age(worker)
            elif changed[0] != worker.live:
                changed = worker.live, now
            self._last_change[worker.record.id] = changed
            watched.append(replace(worker, silent=_count_silence(worker, now - changed[1])))
        return watched


def watch_once(workers: Sequence[Worker]) -> list[Worker]:
    """As `SignWatch.watch`, for a command that looks once."""
    return SignWatch().watch(workers)


def find_silent(workers: Iterable[Worker]) -> dict[str, int]:
    """Trajectories whose worker gives no sign: for how many seconds, by path relative to the runs folder.

    workers: as `SignWatch.watch` returned them.
    """
    return {job.path: worker.silent for worker in workers if worker.silent for job in worker.jobs}


def read_silent(runs: Path) -> dict[Path, int]:
    """The same for a command that looks once, by resolved path."""
    root = Path(os.path.realpath(runs))
    workers = [worker for worker in list_workers(runs) if worker.alive]
    return {root / path: seconds for path, seconds in find_silent(watch_once(workers)).items()}


def _count_silence(worker: Worker, unchanged: float) -> int:
    """Seconds without a sign; 0: it gives signs. It may also say itself that it waits for a step for too long."""
    silence = (unchanged if unchanged >= SILENT_SECONDS else 0.0) + (worker.live.still if worker.live else 0.0)
    return int(silence // STEP_SECONDS * STEP_SECONDS)


def _read_age(worker: Worker) -> float:
    """Seconds since a worker's file changed, by the clock of its file system; 0 if that cannot be told."""
    for name in (LIVE_FILE, RECORD_FILE):
        try:
            with (worker.folder / name).open("rb") as file:  # on a network disk, opening asks the server
                changed = os.fstat(file.fileno())
        except OSError:
            continue
        now = file_system_time(worker.folder, changed.st_dev)
        return 0.0 if now is None else max(0.0, now - changed.st_mtime)
    return 0.0


def file_system_time(folder: Path, device: int) -> float | None:
    """The time that the file system gives a new file, in seconds since 1970; None if none can be made on it."""
    for place in (*folder.parents[:3], Path(tempfile.gettempdir())):  # the workers', riptui's own, the runs folder
        try:
            if place.stat().st_dev == device:
                with tempfile.TemporaryFile(prefix=".riptui-", dir=place) as file:
                    file.write(b"x")
                    file.flush()
                    os.fsync(file.fileno())
                    return os.fstat(file.fileno()).st_mtime
        except OSError:
            continue
    return None
