"""Workers of this host: one per device, or several. Those that die are replaced, as `restart_policy` decides."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from riptui.errors import WorkerError
from riptui.inpainters.devices.device_names import count_cuda_devices
from riptui.store.sign_watch import SignWatch
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import Worker, read_worker
from riptui.supervision.client import ensure_workers, list_running_workers
from riptui.supervision.device_choice import choose_devices
from riptui.supervision.hang_watch import HangWatch
from riptui.supervision.restart_policy import RestartPolicy, WorkState
from riptui.text.units import format_silence

POLL_SECONDS = 0.5  # seconds between two looks at the trajectories and their workers
MAX_CPU_WORKERS = 4  # workers on the CPU unless --workers says otherwise


def plan_workers(
    devices: str, workers: int | None, options: WorkerOptions, *, needs_weights: bool, runs: Path
) -> list[WorkerOptions]:
    """The options of each worker. devices: as `choose_devices`, "cpu", or "" to choose by `needs_weights`.

    workers: how many per device. None: one per GPU; on the CPU one with weights, otherwise one per core, at most 4.
    Raises InputError.
    """
    devices = devices or ("all" if needs_weights and count_cuda_devices() else "cpu")
    if devices == "cpu":
        names = ["cpu"]
        default_count = 1 if needs_weights else min(MAX_CPU_WORKERS, os.cpu_count() or 1)
    else:
        names = choose_devices(devices, runs)
        default_count = 1
    count = default_count if workers is None else workers
    return [msgspec.structs.replace(options, device=name) for name in names for _ in range(count)]


SeenT = TypeVar("SeenT")
SeenT_co = TypeVar("SeenT_co", covariant=True)


class WorkReader(Protocol[SeenT_co]):
    """Reads the state of some trajectories from the disk, again and again."""

    @property
    def is_over(self) -> bool:
        """Whether all of them have ended."""

    def poll(self, *, full: bool = False) -> SeenT_co:
        """Read what is new. full: of all trajectories at once, not of some at a time."""

    def work_state(self, *, with_attempts: bool = False) -> WorkState:
        """What the last poll found. with_attempts: read the attempts as well."""


class WorkerSlot:
    """One worker that should run, and the process that fills the slot at present."""

    def __init__(self, options: WorkerOptions, timeout: float | None = None) -> None:
        self.options = options
        self.hang_watch = HangWatch(timeout) if timeout else None
        self.told_silent = ""  # the id of the worker that was last told to be silent
        self.worker: Worker | None = None
        self.vacant = False  # its worker ended and was not replaced yet
        self.closed = False  # somebody shut its worker down


class LocalPool:
    """Workers of a runs folder on this host, one per `WorkerOptions`; those that die are replaced.

    timeout: seconds that an iteration may take; a worker that takes longer is ended. None: any time.
    """

    def __init__(self, runs: Path, worker_options: Sequence[WorkerOptions], *, timeout: float | None = None) -> None:
        self._runs = runs
        self._slots = [WorkerSlot(options, timeout) for options in worker_options]
        self._signs = SignWatch()
        self._policy = RestartPolicy()
        self._notices: list[str] = []
        self._deaths: list[str] = []
        self.worker_ids: set[str] = set()  # all workers that have filled a slot so far

    @property
    def workers(self) -> list[Worker]:
        """The last known worker of each slot."""
        return [slot.worker for slot in self._slots if slot.worker]

    def start(self) -> list[Worker]:
        """Find a running worker for each slot, or start one. Raises WorkerError, DiskError."""
        for options in dict.fromkeys(slot.options for slot in self._slots):
            slots = [slot for slot in self._slots if slot.options == options and not slot.closed]
            for slot, worker in zip(slots, ensure_workers(self._runs, options, len(slots)), strict=True):
                slot.worker, slot.vacant = worker, False
                self.worker_ids.add(worker.record.id)
        return self.workers

    def watch(
        self,
        reader: WorkReader[SeenT],
        *,
        poll_seconds: float = POLL_SECONDS,
        wait: Callable[[float], object] = time.sleep,
    ) -> Iterator[tuple[SeenT, list[str]]]:
        """What the reader found at each look, and notices about workers, until all trajectories have ended.

        Raises WorkerError if it gives up or if all workers were shut down; DiskError.
        """
        while True:
            self._find_ended_workers()
            vacant = any(slot.vacant for slot in self._slots)
            seen = reader.poll(full=vacant or self._all_shut_down)
            notices, self._notices = self._notices, []
            yield seen, notices
            if reader.is_over:
                return
            self._supervise(reader.work_state(with_attempts=vacant))
            if not self._notices:  # they are new: no reason to wait with them
                wait(poll_seconds)

    def take_deaths(self) -> list[str]:
        """The deaths of workers since the last call, a text each, which the notices tell too."""
        deaths, self._deaths = self._deaths, []
        return deaths

    def run_for(self, reader: object, seconds: float) -> None:
        """Let the workers compute for this long: they need no help."""
        time.sleep(seconds)

    @property
    def _all_shut_down(self) -> bool:
        return bool(self._slots) and all(slot.closed for slot in self._slots)

    @property
    def _filled(self) -> list[tuple[WorkerSlot, Worker]]:
        return [(slot, slot.worker) for slot in self._slots if slot.worker and not (slot.closed or slot.vacant)]

    def _find_ended_workers(self) -> None:
        for slot, worker in self._filled:
            slot.worker = read_worker(worker.folder) or replace(worker, alive=False)
        self._find_silent_workers()
        for slot, worker in self._filled:
            if worker.live and worker.live.dismissed and not worker.alive:
                slot.closed = True
                self._notices.append(f"worker {worker.record.id} was shut down and is not replaced")
            else:
                slot.vacant = not worker.alive

    def _find_silent_workers(self) -> None:
        """Tell of workers that give no sign, and end those that hang."""
        filled = self._filled
        watched = self._signs.watch([worker for _, worker in filled])
        for (slot, _), worker in zip(filled, watched, strict=True):
            slot.worker = worker
            if worker.silent and slot.told_silent != worker.record.id:
                text = f"worker {worker.record.id}: {format_silence(worker.silent)}; its log: {worker.log}"
                self._notices.append(text)
            slot.told_silent = worker.record.id if worker.silent else ""
            if worker.alive and slot.hang_watch and (text := slot.hang_watch.check(worker)):
                self._notices.append(text)

    def _supervise(self, work: WorkState) -> None:
        """Replace workers that ended while trajectories are queued. Raises WorkerError, DiskError."""
        if work.queued and self._all_shut_down:
            rest = "1 trajectory stays" if work.queued == 1 else f"{work.queued:,} trajectories stay"
            subject = "the worker was" if len(self._slots) == 1 else "all workers were"
            raise WorkerError(f"{subject} shut down; {rest} queued for the next worker")
        vacant = [slot for slot in self._slots if slot.vacant]
        decision = self._policy.decide(vacant, work, idle=self._is_idle(), now=time.monotonic())
        if decision.action == "give up":
            logs = ", ".join(dict.fromkeys(str(worker.log) for worker in self.workers))
            raise WorkerError(f"gave up: {decision.reason}; see {logs}")
        if decision.action == "restart":
            died = [slot.worker for slot in vacant if slot.worker and not slot.worker.leaving]
            self.start()
            texts = [f"worker {dead.record.id} died; another one was started ({dead.log})" for dead in died]
            self._notices += texts
            self._deaths += texts

    def _is_idle(self) -> bool:
        """Whether all running workers have nothing to do: those of the slots, without slots all that take the queue."""
        workers = self.workers if self._slots else [w for w in list_running_workers(self._runs) if not w.record.study]
        running = [worker for worker in workers if worker.alive]
        return bool(running) and all(worker.live is not None and worker.live.state == "idle" for worker in running)
