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
from riptui.inpainters import Compile
from riptui.store.disk import READ_LIMIT, read_file
from riptui.store.listing import natural
from riptui.store.lock import probe
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import forgive, set_request, widened
from riptui.store.workers import Worker, WorkerRecord, new_log, registered, starting

COMMAND = (sys.executable, "-m", "riptui")
PATIENCE = 60.0  # seconds; for an interpreter on a cold network disk to start
POLL = 0.05  # seconds between two looks for a worker that starts
TOLD = 12  # last lines of the log of one that did not

State = Literal["run", "pause", "stop"]


@dataclass(frozen=True)
class Wish:
    """How a worker is to be."""

    device: str = ""
    """cpu, cuda:0; "": any, the best if it is to be started."""
    batch: int | None = None
    compile: Compile = "auto"
    deterministic: bool = False
    offline: bool = False
    """No network, whatever is missing."""

    def admits(self, worker: Worker) -> bool:
        """Whether a worker is as wished, and will be here a while yet."""
        record = worker.record
        return (
            worker.alive
            and not worker.leaving
            and not record.study
            and record.host == socket.gethostname()
            and (not self.device or _indexed(self.device) == _indexed(record.device))
            and self.batch in (None, record.batch)
            and self.compile in ("auto", record.compile)
            and (record.deterministic or not self.deterministic)
            and (record.offline or not self.offline)
        )

    @property
    def options(self) -> list[str]:
        """Those of `riptui worker`."""
        given = {"--device": self.device, "--batch": self.batch, "--compile": self.compile}
        switches = {"--deterministic": self.deterministic, "--offline": self.offline}
        valued = [word for name, value in given.items() if value for word in (name, str(value))]
        return valued + [name for name, on in switches.items() if on]


def _indexed(device: str) -> str:
    return "cuda:0" if device == "cuda" else device


def on_the_same_gpu(runs: Path, record: WorkerRecord) -> list[Worker]:
    """The other workers of a runs folder that live on this host and use the GPU that this one would use."""
    device = _indexed(record.device or "cuda")
    return [
        worker
        for worker in living(runs)
        if worker.record.id != record.id
        and worker.record.host == record.host
        and _indexed(worker.record.device or "cuda") == device
        and worker.live is not None
        and worker.live.memory_total is not None
    ]


def living(runs: Path) -> list[Worker]:
    """The workers of a runs folder that live, oldest first. Those of another host, where the lock reaches so far."""
    return [worker for worker in registered(runs) if worker.alive]


def ensure(
    runs: Path,
    *,
    device: str = "",
    batch: int | None = None,
    compile: Compile = "auto",
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
    return staff(runs, Wish(device, batch, compile, deterministic, offline), 1, idle=idle)[0]


def staff(runs: Path, wish: Wish, count: int, *, idle: float | None = None) -> list[Worker]:
    """As `ensure`: so many workers that are all as wished."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if len(here := _fitting(runs, wish)) >= count:
            return here[:count]
        try:
            with starting(runs):
                here = _fitting(runs, wish)[:count]
                return here + [_start(runs, wish, idle) for _ in range(count - len(here))]
        except HeldError:
            if time.monotonic() > deadline:
                raise WorkerError(f"somebody else has been starting a worker for {PATIENCE:.0f} s; try again") from None
            time.sleep(POLL)


def _fitting(runs: Path, wish: Wish) -> list[Worker]:
    return [*filter(wish.admits, registered(runs))]


def _start(runs: Path, wish: Wish, idle: float | None) -> Worker:
    log = new_log(runs)
    waits = [] if idle is None else ["--idle", f"{idle:g}"]
    command = [*COMMAND, "worker", "--runs", str(runs.absolute()), *wish.options, *waits, "--log", str(log)]
    with log.open("ab") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
    Thread(target=process.wait, daemon=True, name="reaper").start()  # it may outlive us, but is to be no zombie
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended = process.returncode  # looked at before the register, where it may have been
        here = [worker for worker in registered(runs) if worker.record.pid == process.pid]
        for worker in here:
            if worker.record.host == socket.gethostname() and (worker.alive or ended is not None):
                return worker
        if ended is not None:
            raise WorkerError(f"the worker did not start (exit code {ended}): {last_words(log)}")
        time.sleep(POLL)
    process.terminate()
    raise WorkerError(f"the worker did not start in {PATIENCE:.0f} s: {last_words(log)}")


def last_words(log: Path) -> str:
    """The end of a log, in a sentence."""
    try:
        data = read_file(log, READ_LIMIT)
    except DamagedError:
        data = None
    lines = (data or b"").decode(errors="replace").strip().splitlines()[-TOLD:]
    return f"{' / '.join(lines)} (all of it: {log})" if lines else f"it said nothing ({log})"


def dismiss(worker: Worker) -> None:
    """Ask a worker to finish its iteration and leave; what it has not done stays queued.

    Returns at once. Raises WorkerError if it lives on another host, is another user's or is led by a study.
    """
    alive, holder = probe(worker.folder)
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


def ask(trajectory: Trajectory, state: State, wanted: Request | None = None, *, queued: float | None = None) -> None:
    """Ask for a trajectory to be computed, paused or stopped; `wanted` adds to what is measured.

    queued: its place, by default now; those that are asked for together should have the same one, so that workers take
    them model by model. One that was queued keeps its place. Raises DiskError, DamagedError.
    """
    now = trajectory.request
    if state == "run":
        place = now.queued if now.state == "run" and now.queued else queued or time.time()
        asked = msgspec.structs.replace(widened(now, wanted), queued=place)
    else:
        asked = msgspec.structs.replace(now, state=state)
    if asked != now:
        set_request(trajectory, asked)


def retry(trajectory: Trajectory, wanted: Request | None = None, *, queued: float | None = None) -> None:
    """As `ask` to run, whatever became of it before: its failure and its attempts are forgotten."""
    with suppress(HeldError):  # then it is being computed, and there is nothing to forget
        forgive(trajectory)
    ask(trajectory, "run", wanted, queued=queued)


def put_in_order(trajectories: Sequence[Trajectory]) -> None:
    """Let workers take queued trajectories in this order, at the places in the queue that they have together."""
    requests = [trajectory.request for trajectory in trajectories]
    places = sorted(request.queued for request in requests)
    before: tuple[float, object] | None = None
    for trajectory, request, place in zip(trajectories, requests, places, strict=True):
        name = natural(str(trajectory.path))
        if before is not None and (place, name) <= before:
            place = before[0] + 1e-3  # of one time, the path decides
        before = (place, name)
        if place != request.queued:
            set_request(trajectory, msgspec.structs.replace(request, queued=place))


def moved(queue: Sequence[Trajectory], chosen: Sequence[Trajectory], places: int) -> list[Trajectory]:
    """The queue with those chosen a place sooner (-1) or later (1), in their own order; none leaves it at its ends."""
    ahead, meant = places < 0, set(chosen)
    order = list(queue) if ahead else list(reversed(queue))
    for at in range(1, len(order)):
        if order[at] in meant and order[at - 1] not in meant:
            order[at - 1], order[at] = order[at], order[at - 1]
    return order if ahead else order[::-1]
