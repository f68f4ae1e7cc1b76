"""The registry of workers: one folder per worker in `RUNS/.riptui/workers/`, locked by its process while it runs.

worker.json  identity and options; written once
live.json    current state; rewritten several times a second, and not durable
log.txt      output of the worker and its libraries
.lock        held while the worker runs. A process id would not do: the system reuses them
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from riptui.errors import DiskError, RiptuiError
from riptui.inpainters import CompileMode, OffloadMode
from riptui.store.claim import encode_record, timestamp
from riptui.store.disk import Folder, explain_errors, list_folder, make_folders, read_file
from riptui.store.lock import FolderLock, probe_lock
from riptui.store.names import is_name
from riptui.store.records import UNREADABLE
from riptui.store.trajectory import Trajectory

PRIVATE_FOLDER = ".riptui"
"""The subfolder of a runs folder for everything but trajectories. Not a valid name of a group."""
WORKERS_FOLDER = "workers"
RECORD_FILE, LIVE_FILE, LOG_FILE = "worker.json", "live.json", "log.txt"

MAX_ENDED_WORKERS = 20  # folders of workers that have ended
MAX_ENDED_SECONDS = 7 * 86_400.0  # seconds; such a folder is kept no longer
GRACE_SECONDS = 60.0  # seconds; a younger folder may be new and not locked yet
MAX_RECORD_BYTES = 2**22  # bytes; a live.json with a thousand jobs has 200 kB

WorkerPhase = Literal["starting", "loading", "working", "idle", "leaving"]


class WorkerOptions(msgspec.Struct, frozen=True):
    """How a worker computes: the options of `riptui worker`."""

    device: str = ""
    """cpu, cuda:0; "": the best there is."""
    batch: int | None = None
    """Trajectories computed together; None: as many as fit into memory."""
    compile: CompileMode = "auto"
    deterministic: bool = False
    offload: OffloadMode = "none"
    offline: bool = False
    """Never use the network, whatever is missing."""


class WorkerRecord(WorkerOptions, frozen=True, kw_only=True):
    """worker.json: a worker's process, and the options that it was started with."""

    id: str
    """HOST-PID-START; the folder's name."""
    pid: int
    host: str
    started: str
    """ISO 8601, UTC."""
    version: str
    """Of riptui."""
    study: str = ""
    """The study whose driver assigns its trajectories; "": none."""
    command: str = ""
    """The command, e.g. run, that runs only its own trajectories, in its own process; "": none."""

    @property
    def takes_queued(self) -> bool:
        """Whether it runs whatever is queued in the runs folder, and not only trajectories that it is given."""
        return not self.study and not self.command


class WorkerJob(msgspec.Struct, frozen=True):
    """A trajectory in one of a worker's slots."""

    path: str
    """Relative to the runs folder."""
    k: int
    """Finished iterations."""
    iterations: int
    step: int = 0
    """Finished denoising steps of iteration k+1."""
    steps: int = 0


class WorkerStatus(msgspec.Struct, frozen=True):
    """live.json: the current state of a worker."""

    when: float
    """Seconds since 1970."""
    state: WorkerPhase = "starting"
    inpainter: str = ""
    """The inpainter that is loaded or being loaded."""
    jobs: tuple[WorkerJob, ...] = ()
    rate: float = 0.0
    """Iterations per second over the last minute, all slots together."""
    queued: int = 0
    """Trajectories that are waiting for a worker."""
    memory_used: int | None = None
    """Bytes in use on the device, by all processes; None: not known, or not a GPU."""
    memory_total: int | None = None
    device: str = ""
    """The device in use, as the inpainter reports it: cpu (x86_64), cuda:0 (NVIDIA H200); "" before one is loaded."""
    load: float | None = None
    """Utilisation of the GPU, 0 to 1."""
    note: str = ""
    dismissed: bool = False
    """Whether it was asked to shut down, rather than exiting because it was idle."""


@dataclass(frozen=True)
class Worker:
    """A worker as readers see it, running or ended."""

    record: WorkerRecord
    live: WorkerStatus | None
    """Its current state; None: not written yet, or not readable."""
    alive: bool
    folder: Path

    @property
    def device(self) -> str:
        """The device in use, or the requested one; "" if neither is known yet."""
        return (self.live.device if self.live else "") or self.record.device

    @property
    def log(self) -> Path:
        return self.folder / LOG_FILE

    @property
    def leaving(self) -> bool:
        return self.live is not None and self.live.state == "leaving"


WorkerFileT = TypeVar("WorkerFileT")


def workers_folder(runs: Path) -> Path:
    return runs / PRIVATE_FOLDER / WORKERS_FOLDER


def find_runs_folder(trajectories: Sequence[Trajectory], default: Path) -> Path:
    """The runs folder of trajectories: the default one if they are in it, else their common folder, or the first
    folder from there upwards that has had workers."""
    common = Path(os.path.commonpath([os.path.realpath(trajectory.path) for trajectory in trajectories]))
    if common.is_relative_to(os.path.realpath(default)):
        return default
    nearest = common.parent if len(trajectories) == 1 else common
    return next((folder for folder in (nearest, *nearest.parents) if workers_folder(folder).is_dir()), nearest)


def list_workers(runs: Path) -> list[Worker]:
    """All workers of a runs folder, running and ended, oldest first. Unreadable ones are left out. Never raises."""
    parent = workers_folder(runs)
    found = [worker for name in list_folder(parent) if (worker := read_worker(parent / name))]
    return sorted(found, key=lambda worker: (worker.record.started, worker.record.id))


def read_worker(folder: Path) -> Worker | None:
    """The worker of a folder; None if there is none, or it cannot be read any more."""
    record = _read_record(folder / RECORD_FILE, WorkerRecord)
    if record is None or record.id != folder.name or not is_name(record.id):
        return None
    return Worker(record, _read_record(folder / LIVE_FILE, WorkerStatus), probe_lock(folder)[0], folder)


def _read_record(path: Path, record_type: type[WorkerFileT]) -> WorkerFileT | None:
    try:
        data = read_file(path, MAX_RECORD_BYTES)
        return None if data is None else msgspec.json.decode(data, type=record_type)
    except (*UNREADABLE, RiptuiError):
        return None


def new_log_path(runs: Path) -> Path:
    """A log file for a worker that is not registered yet; the worker moves it into its folder."""
    parent = workers_folder(Path(os.path.realpath(runs)))
    make_folders(parent)
    return parent / f"starting-{secrets.token_hex(6)}.txt"


@contextmanager
def hold_start_lock(runs: Path) -> Iterator[None]:
    """Keep other processes from starting a worker in these runs. Raises HeldError if one is doing so, DiskError."""
    parent = workers_folder(Path(os.path.realpath(runs)))
    make_folders(parent)
    with Folder(parent) as folder, FolderLock(folder):
        yield


class Registration:
    """A worker's own entry in the registry. Created by `register`."""

    def __init__(self, record: WorkerRecord, folder: Folder) -> None:
        self.record = record
        self.path = folder.path
        self.log = folder.path / LOG_FILE
        self._folder = folder

    def attach_log(self, log: Path) -> None:
        """Use an existing file as the log, e.g. the one that stdout and stderr go to."""
        with explain_errors(log):
            os.rename(log, self.log)

    def append_to_log(self, text: str) -> None:
        """Add a line, safe to print, to the log of a worker that runs on another machine."""
        with suppress(OSError), self.log.open("a", encoding="utf-8") as log:
            log.write(f"{timestamp()}  {text}\n")

    def publish(self, live: WorkerStatus) -> None:
        """Rewrite live.json. A disk error is ignored: it must not end the work."""
        with suppress(DiskError):
            self._folder.write_atomically(LIVE_FILE, msgspec.json.encode(live), durable=False)


@contextmanager
def register(runs: Path, record: WorkerRecord) -> Iterator[Registration]:
    """Register a worker while the context lasts, and remove old folders of ended workers.

    Raises DiskError; HeldError if a worker with that id is running.
    """
    parent = workers_folder(Path(os.path.realpath(runs)))
    make_folders(parent)
    if Path(os.path.realpath(parent)) != parent:
        raise DiskError(f"{parent} leads through a symbolic link, out of the runs folder: remove the link")
    _remove_ended(parent)
    make_folders(parent / record.id)
    try:
        with Folder(parent / record.id) as folder, FolderLock(folder):
            folder.write_atomically(RECORD_FILE, encode_record(record))
            yield Registration(record, folder)
    finally:
        if record.command:  # it wrote no log, so nothing is worth keeping
            shutil.rmtree(parent / record.id, ignore_errors=True)


def _remove_ended(parent: Path) -> None:
    """Remove the folders of workers that ended long ago, and all but the newest of the others."""
    ended: list[tuple[float, Path]] = []
    for name in list_folder(parent):
        path = parent / name
        with suppress(OSError):
            if is_name(name) and not path.is_symlink() and not probe_lock(path)[0]:
                ended.append((path.stat().st_mtime, path))
    now = time.time()
    for index, (changed, path) in enumerate(sorted(ended, reverse=True)):
        if now - changed > MAX_ENDED_SECONDS or (index >= MAX_ENDED_WORKERS and now - changed > GRACE_SECONDS):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:  # the log of a worker that was never registered
                path.unlink(missing_ok=True)
