"""The workers of this host: one a device, or several; those that die are replaced, as long as something comes of it."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from riptui.errors import InputError, WorkerError
from riptui.inpainters.devices import count_cuda_devices, require_device
from riptui.store.trajectory import Status
from riptui.store.worker_registry import Worker, read_worker
from riptui.supervision.client import WorkerOptions, ensure_workers
from riptui.supervision.progress import ProgressTracker, StudyProgress

POLL_SECONDS = 0.5  # seconds between two looks
MAX_CPU_WORKERS = 4  # workers, where nobody says how many
UNKNOWN_GPU_COUNT = 99
MAX_FRUITLESS_STARTS = 10  # workers in a row that end while something waits, without anything having come of them
STALLED_SECONDS = 60.0  # seconds; what workers that idle leave lying for so long they cannot compute


def plan_workers(
    devices: str, workers: int | None, options: WorkerOptions, *, needs_weights: bool
) -> list[WorkerOptions]:
    """A wish for each worker. devices: "0,1", "all" GPUs, "cpu", or "" for what suits the study.

    workers: how many on each device; None: one, on a CPU as many as it has cores, up to 4, unless there are weights.
    Raises InputError.
    """
    devices = devices or ("all" if needs_weights and count_cuda_devices() else "cpu")
    if devices == "cpu":
        per_device = [replace(options, device="cpu")]
        default_count = 1 if needs_weights else min(MAX_CPU_WORKERS, os.cpu_count() or 1)
    else:
        per_device = [replace(options, device=device) for device in _list_gpus(devices)]
        default_count = 1
    return [
        device_options for device_options in per_device for _ in range(default_count if workers is None else workers)
    ]


def _list_gpus(devices: str) -> list[str]:
    if devices == "all":
        count = count_cuda_devices()
        if count == UNKNOWN_GPU_COUNT:
            raise InputError("the GPUs of this machine cannot be counted: name them, e.g. --devices 0,1")
        if not count:
            raise InputError("this machine shows no GPU: --devices cpu, or riptui doctor")
        return [f"cuda:{index}" for index in range(count)]
    names = []
    for part in dict.fromkeys(devices.split(",")):
        name = f"cuda:{part.strip()}" if part.strip().isdecimal() else part.strip()
        require_device(name)
        names.append(name)
    return names


class WorkerSlot:
    """A worker that is wished for, and whoever holds the post."""

    def __init__(self, options: WorkerOptions) -> None:
        self.options = options
        self.worker: Worker | None = None
        self.closed = False
        """Somebody sent its worker away."""


class LocalPool:
    """The workers of a runs folder on this host, one for each wish."""

    def __init__(self, runs: Path, worker_options: Sequence[WorkerOptions]) -> None:
        self._runs = runs
        self._slots = [WorkerSlot(options) for options in worker_options]
        self._progress_marker: object = None
        self._fruitless_starts = 0
        self._stalled_since: float | None = None

    def start(self) -> list[Worker]:
        """Find or start them all. Raises WorkerError, DiskError."""
        for options in dict.fromkeys(slot.options for slot in self._slots):
            slots = [slot for slot in self._slots if slot.options == options and not slot.closed]
            for slot, worker in zip(slots, ensure_workers(self._runs, options, len(slots)), strict=True):
                slot.worker = worker
        return [slot.worker for slot in self._slots if slot.worker]

    def watch(self, tracker: ProgressTracker) -> Iterator[tuple[StudyProgress, list[str]]]:
        """How far the study is, and what is to be told of its workers, twice a second until all has ended.

        Raises WorkerError, DiskError.
        """
        while True:
            progress = tracker.poll()
            yield progress, []
            if tracker.is_over:
                return
            if messages := self.supervise(tracker):
                yield progress, messages
            time.sleep(POLL_SECONDS)

    def run_for(self, tracker: ProgressTracker, seconds: float) -> None:
        """Give them so much time: they go on by themselves."""
        time.sleep(seconds)

    def supervise(self, tracker: ProgressTracker) -> list[str]:
        """Replace those that ended while something waits for them; what is to be told of that.

        Raises WorkerError if nothing comes of it, or if all were sent away; DiskError.
        """
        messages, vacant = [], False
        for slot in self._slots:
            if slot.worker is None or slot.closed:
                continue
            last = read_worker(slot.worker.folder) or replace(slot.worker, alive=False)
            slot.worker = last
            if last.alive:
                continue
            if last.live and last.live.dismissed:
                slot.closed = True
                messages.append(f"worker {last.record.id} was sent away, and is not replaced")
                continue
            if not last.leaving:
                messages.append(f"worker {last.record.id} died; another one goes on ({last.log})")
            vacant = True
        progress = tracker.poll(full=True) if vacant else tracker.last
        self._require_open_slot(progress)
        if vacant and progress.statuses.get(Status.QUEUED):
            self._count_restart(progress)
            self.start()
        self._require_progress(progress)
        return messages

    def _require_open_slot(self, progress: StudyProgress) -> None:
        queued = progress.statuses.get(Status.QUEUED, 0)
        if queued and self._slots and all(slot.closed for slot in self._slots):
            raise WorkerError(f"all workers were sent away; {queued} trajectories stay queued")

    def _count_restart(self, progress: StudyProgress) -> None:
        """Raise WorkerError if it is no use to start yet another."""
        marker = progress.done, progress.statuses.get(Status.DONE), len(progress.failed)
        self._fruitless_starts = self._fruitless_starts + 1 if marker == self._progress_marker else 1
        self._progress_marker = marker
        if self._fruitless_starts >= MAX_FRUITLESS_STARTS:
            logs = ", ".join(str(slot.worker.log) for slot in self._slots if slot.worker)
            raise WorkerError(f"{self._fruitless_starts} times workers ended, and nothing came of it; see {logs}")

    def _require_progress(self, progress: StudyProgress) -> None:
        """Raise WorkerError if workers leave lying what is queued."""
        idle = all(worker.live and worker.live.state == "idle" for worker in progress.workers)
        if not (progress.workers and idle and progress.statuses.get(Status.QUEUED)):
            self._stalled_since = None
            return
        self._stalled_since = self._stalled_since or time.monotonic()
        if time.monotonic() - self._stalled_since > STALLED_SECONDS:
            logs = ", ".join(str(worker.log) for worker in progress.workers)
            raise WorkerError(
                f"the workers leave {progress.statuses[Status.QUEUED]} trajectories lying; their logs say why: {logs}"
            )
