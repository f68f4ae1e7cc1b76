"""Start, find and stop workers, and request trajectories. Knows the disk and processes; never the engine, never torch.

Requests are written to the trajectories' own folders, so they hold for any worker, now or later, and to shut down is
requested in the worker's folder. Only a process that is shown to be a worker is ever signalled.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Literal

import msgspec

from riptui.errors import DamagedError, DiskError, HeldError, RiptuiError, WorkerError
from riptui.store.asked_places import with_own_places
from riptui.store.disk import read_tail
from riptui.store.disk_failure import require_writable
from riptui.store.listing import OnListingError, ignore_error
from riptui.store.lock import probe_lock
from riptui.store.records import Request
from riptui.store.requests import clear_failure, merge_request, set_request
from riptui.store.sign_watch import watch_once
from riptui.store.trajectory import Trajectory
from riptui.store.worker_environment import list_misfits
from riptui.store.worker_process import process_place, signal_holder, start_ticks
from riptui.store.worker_record import ServedUsers, WorkerOptions, WorkerRecord
from riptui.store.worker_registry import (
    Worker,
    hold_start_lock,
    list_workers,
    new_log_path,
    open_new_log,
    request_leave,
)

COMMAND = (sys.executable, "-m", "riptui")
START_TIMEOUT_SECONDS = 60.0  # seconds; an interpreter on a cold network disk takes tens of them
POLL_SECONDS = 0.05  # seconds between two looks for a worker that is starting
RELEASE_SECONDS = 2.0  # in which the kernel frees the locks of a process that was killed
LOG_TAIL_LINES = 12  # lines of the log that an error quotes
LOG_TAIL_BYTES = 2**16  # bytes that they are looked for in
SERVED_USERS: tuple[ServedUsers, ...] = ("own", "group", "all")
"""Each includes those before it."""
ANY_WORKER = WorkerOptions()
"""Any running worker, or one with the default options if it has to be started."""

RequestState = Literal["run", "pause", "stop"]


def matches(worker: Worker, options: WorkerOptions) -> bool:
    """Whether a worker of this user, host and container runs with these options and in the environment of this process,
    takes the queue and stays."""
    record = worker.record
    return (
        worker.alive
        and not worker.leaving
        and not worker.silent
        and record.takes_queued
        and worker.is_here
        and worker.is_own
        and (not options.device or _normalise_device(options.device) == _normalise_device(record.device))
        and options.batch in (None, record.batch)
        and options.compile in ("auto", record.compile)
        and (record.deterministic or not options.deterministic)
        and options.offload in ("none", record.offload)
        and (record.offline or not options.offline)
        and SERVED_USERS.index(record.serves) >= SERVED_USERS.index(options.serves)
        and (record.trust or not options.trust)
        and not _list_misfits(worker)
    )


def explain_other_environments(runs: Path) -> list[str]:
    """A line for each running worker of this host that takes the queue, but has another environment than this process.

    It leaves models of another cache of the hub, and may take everything else that this process queues.
    """
    return [
        f"worker {worker.record.id} was started with another {', '.join(misfits)}, and takes queued trajectories too"
        f"{', but no models of your HF_HUB_CACHE' if 'HF_HUB_CACHE' in misfits else ''}; "
        f"to send it away: riptui stop --worker {worker.record.id}"
        for worker in list_running_workers(runs)
        if worker.record.takes_queued and worker.is_here and not worker.leaving and (misfits := _list_misfits(worker))
    ]


def _list_misfits(worker: Worker) -> list[str]:
    return list_misfits(worker.record.environment, uses_gpu=worker.record.device != "cpu")


def to_arguments(options: WorkerOptions) -> list[str]:
    """The options that are not the defaults, as arguments of `riptui worker`."""
    arguments = []
    defaults = msgspec.structs.asdict(WorkerOptions())
    for name, value in msgspec.structs.asdict(options).items():
        option = "--for" if name == "serves" else f"--{name}"
        if value != defaults[name]:
            arguments += [option] if value is True else [option, str(value)]
    return arguments


def _normalise_device(device: str) -> str:
    return "cuda:0" if device == "cuda" else device


def list_workers_on_gpu(runs: Path, record: WorkerRecord) -> list[Worker]:
    """The other running workers of this host and container on the GPU that a worker with this record would use."""
    device = _normalise_device(record.device or "cuda")
    return [
        worker
        for worker in list_running_workers(runs)
        if worker.record.id != record.id
        and worker.is_here
        and _normalise_device(worker.record.device or "cuda") == device
        and worker.live is not None
        and worker.live.memory_total is not None
    ]


def list_running_workers(runs: Path, *, on_error: OnListingError = ignore_error) -> list[Worker]:
    """The running workers of a runs folder, oldest first. Those of other hosts only if the file system shares locks.

    on_error: as in `list_workers`.
    """
    return [worker for worker in list_workers(runs, on_error=on_error) if worker.alive]


def ensure_worker(runs: Path, options: WorkerOptions = ANY_WORKER) -> Worker:
    """A running worker of this host and container that matches the options, started if there is none.

    Queue trajectories before the call: a worker that is about to exit reads the queue once more after it has said so.
    Concurrent callers start one worker together. One that was started has registered, but may have ended by now:
    `alive` says so. Raises WorkerError with the end of its log if it does not start; DiskError.
    """
    return ensure_workers(runs, options, 1)[0]


def ensure_workers(runs: Path, options: WorkerOptions, count: int) -> list[Worker]:
    """As `ensure_worker`: so many workers that all match the options."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        if len(workers := _find_matching(runs, options)) >= count:
            return workers[:count]
        try:
            with hold_start_lock(runs):
                workers = _find_matching(runs, options)[:count]
                return workers + [_start_worker(runs, options) for _ in range(count - len(workers))]
        except HeldError:
            if time.monotonic() > deadline:
                raise WorkerError(
                    f"another process has been starting a worker for {START_TIMEOUT_SECONDS:.0f} s; try again"
                ) from None
            time.sleep(POLL_SECONDS)


def start_worker(runs: Path, options: WorkerOptions = ANY_WORKER, *, idle_minutes: float | None = None) -> Worker:
    """Start another worker of this host in the background, whichever run already. Raises as `ensure_worker`.

    idle_minutes: after which it exits; None: the usual.
    """
    with hold_start_lock(runs):
        return _start_worker(runs, options, idle_minutes)


def _find_matching(runs: Path, options: WorkerOptions) -> list[Worker]:
    return [worker for worker in watch_once(list_workers(runs)) if matches(worker, options)]


def _start_worker(runs: Path, options: WorkerOptions, idle_minutes: float | None = None) -> Worker:
    log = new_log_path(runs)
    command = [*COMMAND, "worker", "--runs", str(runs.absolute()), *to_arguments(options), "--log", str(log)]
    command += [] if idle_minutes is None else ["--idle", str(idle_minutes)]
    with open_new_log(log) as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
    started = start_ticks(process.pid)
    Thread(target=process.wait, daemon=True, name="reaper").start()  # else a zombie
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        exit_code = process.returncode  # read before the registry: it may have registered and ended
        for worker in list_workers(runs):
            record = worker.record
            is_started = (record.pid, record.place) == (process.pid, process_place())
            if is_started and started in (0, record.start_ticks) and (worker.alive or exit_code is not None):
                return worker
        if exit_code is not None:
            raise WorkerError(f"the worker did not start (exit code {exit_code}): {log_tail(log)}")
        time.sleep(POLL_SECONDS)
    process.terminate()
    raise WorkerError(f"the worker did not start in {START_TIMEOUT_SECONDS:.0f} s: {log_tail(log)}")


def log_tail(log: Path) -> str:
    """The last lines of a log, as one line."""
    try:
        data = read_tail(log, LOG_TAIL_BYTES)
    except DamagedError:
        data = b""
    lines = data.decode(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
    return f"{' / '.join(lines)} (full log: {log})" if lines else f"its log is empty ({log})"


def shut_down(worker: Worker) -> None:
    """Ask a worker, on whichever host, to finish its current iteration and exit; unfinished work stays queued.

    Returns at once. Raises WorkerError if it runs for a study on Ray, if its folder belongs to another user, or if it
    is of an older release, which needs a signal, and no process here is shown to be it.
    """
    record = worker.record
    if not probe_lock(worker.folder)[0]:
        return
    if record.study:
        raise WorkerError(f"worker {record.id} belongs to a study: riptui study stop {record.study}")
    try:
        request_leave(worker.folder)
    except DiskError as error:
        raise WorkerError(f"worker {record.id} cannot be asked to exit: {error}") from error
    if not record.reads_requests and not signal_holder(worker.folder, record.pid, signal.SIGTERM):
        raise WorkerError(f"worker {record.id} of riptui {record.version} runs on {record.host}: shut it down there")


def kill_worker(worker: Worker) -> None:
    """End a worker of this machine at once. Its current iteration is lost, the rest stays queued.

    Raises WorkerError if no process here that this user may signal is shown to be it.
    """
    record = worker.record
    try:
        is_sent = worker.is_here and signal_holder(
            worker.folder, record.pid, signal.SIGKILL, started=record.start_ticks
        )
    except PermissionError:
        is_sent = False
    if not is_sent:
        raise WorkerError(f"worker {record.id} cannot be killed from here: end process {record.pid} on {record.host}")


def kill_as_asked(worker: Worker) -> None:
    """As `kill_worker`, because a user asked for it: what it computed does not count as its killer."""
    kill_worker(worker)
    runs = worker.folder.parents[2]
    for job in worker.jobs:
        _forget_attempts(Trajectory(runs / job.path))


def _forget_attempts(trajectory: Trajectory) -> None:
    """Forget them as soon as the process that died lets the trajectory go; another may have taken it by then."""
    deadline = time.monotonic() + RELEASE_SECONDS
    while time.monotonic() < deadline:
        try:
            clear_failure(trajectory)
        except HeldError:
            time.sleep(POLL_SECONDS)
        except RiptuiError:  # it was removed, or its disk refuses
            return
        else:
            return


def request_state(
    trajectory: Trajectory, state: RequestState, requested: Request | None = None, *, queued: float | None = None
) -> None:
    """Request that a trajectory is computed, paused or stopped; `requested` adds metrics, and may set a priority.

    queued: its position in the queue, by default the present time. Trajectories requested together should have the same
    one, so that workers take them model by model. A queued one keeps its position. Raises DiskError, DamagedError.
    """
    current = trajectory.request
    if state == "run":
        updated = merge_request(current, requested)
        if current.state != "run" or not current.queued:
            updated = msgspec.structs.replace(updated, queued=queued or time.time(), since=msgspec.UNSET)
        updated = with_own_places(updated, trajectory.spec)
    else:
        updated = msgspec.structs.replace(current, state=state)
    if updated != current:
        set_request(trajectory, updated)


def retry(trajectory: Trajectory, requested: Request | None = None, *, queued: float | None = None) -> None:
    """As `request_state` to run, after deleting its failure and its count of attempts.

    Raises DiskError if its folder cannot be written, whether or not there is anything to write now.
    """
    require_writable(trajectory.path)
    with suppress(OSError):  # a worker that skipped it tries it again
        os.utime(trajectory.path)
    with suppress(HeldError):  # it is being computed: there is nothing to delete
        clear_failure(trajectory)
    request_state(trajectory, "run", requested, queued=queued)
