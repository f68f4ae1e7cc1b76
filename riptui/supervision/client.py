"""Start, find and ask workers. Knows the disk and processes; never the engine, never torch.

All that is asked of a worker stands in the trajectories' own folders, so it holds for whichever worker comes by, now
or later. Only leaving is asked of a process: by a signal.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Literal

import msgspec

from riptui.errors import DamagedError, HeldError, WorkerError
from riptui.inpainters import CompileMode
from riptui.store.disk import MAX_READ_BYTES, read_file
from riptui.store.listing import natural_key
from riptui.store.lock import probe_lock
from riptui.store.records import Request
from riptui.store.requests import clear_failure, merge_request, set_request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import Worker, WorkerRecord, hold_start_lock, list_workers, new_log_path

COMMAND = (sys.executable, "-m", "riptui")
START_TIMEOUT_SECONDS = 60.0  # seconds; for an interpreter on a cold network disk to start
POLL_SECONDS = 0.05  # seconds between two looks for a worker that starts
LOG_TAIL_LINES = 12  # last lines of the log of one that did not

RequestState = Literal["run", "pause", "stop"]


@dataclass(frozen=True)
class WorkerOptions:
    """How a worker is to be."""

    device: str = ""
    """cpu, cuda:0; "": any, the best if it is to be started."""
    batch: int | None = None
    compile: CompileMode = "auto"
    deterministic: bool = False
    offline: bool = False
    """No network, whatever is missing."""

    def matches(self, worker: Worker) -> bool:
        """Whether a worker is as wished, and will be here a while yet."""
        record = worker.record
        return (
            worker.alive
            and not worker.leaving
            and record.takes_queued
            and record.host == socket.gethostname()
            and (not self.device or _normalise_device(self.device) == _normalise_device(record.device))
            and self.batch in (None, record.batch)
            and self.compile in ("auto", record.compile)
            and (record.deterministic or not self.deterministic)
            and (record.offline or not self.offline)
        )

    @property
    def arguments(self) -> list[str]:
        """Those of `riptui worker`."""
        values = {"--device": self.device, "--batch": self.batch, "--compile": self.compile}
        switches = {"--deterministic": self.deterministic, "--offline": self.offline}
        valued = [word for name, value in values.items() if value for word in (name, str(value))]
        return valued + [name for name, on in switches.items() if on]


def _normalise_device(device: str) -> str:
    return "cuda:0" if device == "cuda" else device


def list_workers_on_gpu(runs: Path, record: WorkerRecord) -> list[Worker]:
    """The other workers of a runs folder that live on this host and use the GPU that this one would use."""
    device = _normalise_device(record.device or "cuda")
    return [
        worker
        for worker in list_running_workers(runs)
        if worker.record.id != record.id
        and worker.record.host == record.host
        and _normalise_device(worker.record.device or "cuda") == device
        and worker.live is not None
        and worker.live.memory_total is not None
    ]


def list_running_workers(runs: Path) -> list[Worker]:
    """The workers of a runs folder that live, oldest first. Those of another host, where the lock reaches so far."""
    return [worker for worker in list_workers(runs) if worker.alive]


def ensure_worker(
    runs: Path,
    *,
    device: str = "",
    batch: int | None = None,
    compile: CompileMode = "auto",
    deterministic: bool = False,
    offline: bool = False,
    idle: float | None = None,
) -> Worker:
    """A living worker of this host that is as wished; started if there is none. Callers at the same time start one.

    idle: minutes after which one that is started leaves when nothing is to do; None: its own default. What is to be
    computed must be queued before: a worker about to leave looks for the last time when it has said so.
    One that is started has registered, but may have left or died by now: `alive` says so.
    Raises WorkerError if it does not start, with what it had to say; DiskError.
    """
    return ensure_workers(runs, WorkerOptions(device, batch, compile, deterministic, offline), 1, idle=idle)[0]


def ensure_workers(runs: Path, options: WorkerOptions, count: int, *, idle: float | None = None) -> list[Worker]:
    """As `ensure_worker`: so many workers that are all as wished."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        if len(workers := _find_matching(runs, options)) >= count:
            return workers[:count]
        try:
            with hold_start_lock(runs):
                workers = _find_matching(runs, options)[:count]
                return workers + [_start_worker(runs, options, idle) for _ in range(count - len(workers))]
        except HeldError:
            if time.monotonic() > deadline:
                raise WorkerError(
                    f"somebody else has been starting a worker for {START_TIMEOUT_SECONDS:.0f} s; try again"
                ) from None
            time.sleep(POLL_SECONDS)


def _find_matching(runs: Path, options: WorkerOptions) -> list[Worker]:
    return [*filter(options.matches, list_workers(runs))]


def _start_worker(runs: Path, options: WorkerOptions, idle: float | None) -> Worker:
    log = new_log_path(runs)
    idle_arguments = [] if idle is None else ["--idle", f"{idle:g}"]
    command = [
        *COMMAND,
        "worker",
        "--runs",
        str(runs.absolute()),
        *options.arguments,
        *idle_arguments,
        "--log",
        str(log),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    Thread(target=process.wait, daemon=True, name="reaper").start()  # it may outlive us, but is to be no zombie
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        exit_code = process.returncode  # looked at before the register, where it may have been
        workers = [worker for worker in list_workers(runs) if worker.record.pid == process.pid]
        for worker in workers:
            if worker.record.host == socket.gethostname() and (worker.alive or exit_code is not None):
                return worker
        if exit_code is not None:
            raise WorkerError(f"the worker did not start (exit code {exit_code}): {log_tail(log)}")
        time.sleep(POLL_SECONDS)
    process.terminate()
    raise WorkerError(f"the worker did not start in {START_TIMEOUT_SECONDS:.0f} s: {log_tail(log)}")


def log_tail(log: Path) -> str:
    """The end of a log, in a sentence."""
    try:
        data = read_file(log, MAX_READ_BYTES)
    except DamagedError:
        data = None
    lines = (data or b"").decode(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
    return f"{' / '.join(lines)} (all of it: {log})" if lines else f"it said nothing ({log})"


def shut_down(worker: Worker) -> None:
    """Ask a worker to finish its iteration and leave; what it has not done stays queued.

    Returns at once. Raises WorkerError if it lives on another host, is another user's or is led by a study.
    """
    alive, holder = probe_lock(worker.folder)
    if not alive:
        return
    if study := worker.record.study:
        raise WorkerError(f"worker {worker.record.id} is led by a study: riptui study stop {study}")
    if holder is None or holder.host != socket.gethostname() or holder.pid <= 1:
        raise WorkerError(f"worker {worker.record.id} lives on {worker.record.host}: send it away from there")
    try:
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGTERM)
    except PermissionError as error:
        raise WorkerError(f"worker {worker.record.id} is another user's process {holder.pid}") from error


def request_state(
    trajectory: Trajectory, state: RequestState, requested: Request | None = None, *, queued: float | None = None
) -> None:
    """Ask for a trajectory to be computed, paused or stopped; `requested` adds to what is measured.

    queued: its place, by default now; those that are asked for together should have the same one, so that workers take
    them model by model. One that was queued keeps its place. Raises DiskError, DamagedError.
    """
    current = trajectory.request
    if state == "run":
        position = current.queued if current.state == "run" and current.queued else queued or time.time()
        updated = msgspec.structs.replace(merge_request(current, requested), queued=position)
    else:
        updated = msgspec.structs.replace(current, state=state)
    if updated != current:
        set_request(trajectory, updated)


def retry(trajectory: Trajectory, requested: Request | None = None, *, queued: float | None = None) -> None:
    """As `request_state` to run, whatever became of it before: its failure and its attempts are forgotten."""
    with suppress(HeldError):  # then it is being computed, and there is nothing to forget
        clear_failure(trajectory)
    request_state(trajectory, "run", requested, queued=queued)


def reorder(trajectories: Sequence[Trajectory]) -> None:
    """Let workers take queued trajectories in this order, at the places in the queue that they have together."""
    requests = [trajectory.request for trajectory in trajectories]
    positions = sorted(request.queued for request in requests)
    previous: tuple[float, object] | None = None
    for trajectory, request, position in zip(trajectories, requests, positions, strict=True):
        name = natural_key(str(trajectory.path))
        if previous is not None and (position, name) <= previous:
            position = previous[0] + 1e-3  # of one time, the path decides
        previous = (position, name)
        if position != request.queued:
            set_request(trajectory, msgspec.structs.replace(request, queued=position))


def shift_in_queue(queue: Sequence[Trajectory], chosen: Sequence[Trajectory], offset: int) -> list[Trajectory]:
    """The queue with those chosen a place sooner (-1) or later (1), in their own order; none leaves it at its ends."""
    sooner, moving = offset < 0, set(chosen)
    order = list(queue) if sooner else list(reversed(queue))
    for index in range(1, len(order)):
        if order[index] in moving and order[index - 1] not in moving:
            order[index - 1], order[index] = order[index], order[index - 1]
    return order if sooner else order[::-1]
