"""The registry of workers: one folder per worker in `RUNS/.riptui/workers/`, locked by its process while it runs.

worker.json   identity and options; written once
live.json     current state; rewritten when it changes, and about every two seconds; not durable
request.json  somebody wants the worker to leave
log.txt       output of the worker and its libraries
.lock         held while the worker runs. A process id would not do: the system reuses them
"""

import errno
import fcntl
import getpass
import os
import secrets
import shutil
import socket
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from riptui.errors import DiskError, RiptuiError
from riptui.filesystem import other_owner
from riptui.store.claim import encode_record, timestamp
from riptui.store.disk import Folder, list_folder, make_folders, make_folders_inside, read_file
from riptui.store.disk_errors import explain_errors
from riptui.store.listing import OnListingError, ignore_error
from riptui.store.lock import FolderLock, probe_lock
from riptui.store.names import is_name
from riptui.store.records import UNREADABLE
from riptui.store.trajectory import Trajectory
from riptui.store.worker_process import holds_lock, process_place, process_user
from riptui.store.worker_record import LeaveRequest, SkippedTrajectory, WorkerJob, WorkerRecord, WorkerStatus

PRIVATE_FOLDER = ".riptui"
"""The subfolder of a runs folder for everything but trajectories. Not a valid name of a group."""
WORKERS_FOLDER = "workers"
RECORD_FILE, LIVE_FILE, LEAVE_FILE, LOG_FILE = "worker.json", "live.json", "request.json", "log.txt"

MAX_ENDED_WORKERS = 20  # folders of workers that have ended
MAX_ENDED_SECONDS = 7 * 86_400.0  # seconds; such a folder is kept no longer
GRACE_SECONDS = 60.0  # seconds; a younger folder may be new and not locked yet
MAX_RECORD_BYTES = 2**22  # bytes; a live.json with a thousand jobs has 200 kB


@dataclass(frozen=True)
class Worker:
    """A worker as readers see it, running or ended."""

    record: WorkerRecord
    live: WorkerStatus | None
    """Its current state; None: not written yet, or not readable."""
    alive: bool
    folder: Path
    silent: int = 0
    """Seconds without a sign of it; 0: it gives signs, or nobody watched. Set by a `SignWatch`."""

    @property
    def device(self) -> str:
        """The device in use, or the requested one; "" if neither is known yet."""
        return (self.live.device if self.live else "") or self.record.device

    @property
    def jobs(self) -> tuple[WorkerJob, ...]:
        """The trajectories that it computes now, as far as it has said."""
        return self.live.jobs if self.live else ()

    @property
    def log(self) -> Path:
        return self.folder / LOG_FILE

    @property
    def leaving(self) -> bool:
        return self.live is not None and self.live.state == "leaving"

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this host and container: one that this process can start, see and signal."""
        if self.record.place:
            return self.record.place == process_place()
        return self.record.host == socket.gethostname() and holds_lock(self.record.pid, self.folder)

    @property
    def user(self) -> int | None:
        """The id of the user who started it; None: not known."""
        user = process_user(self.record.pid) if self.is_here else None
        try:  # the owner of files is no user's on a network disk that maps all users to one
            return self.folder.stat().st_uid if user is None else user
        except OSError:
            return None

    @property
    def is_own(self) -> bool:
        """Whether this process's user started it: another user's may not write what this one creates."""
        return self.user == os.geteuid()


WorkerFileT = TypeVar("WorkerFileT")


def find_skipped(
    workers: Iterable[Worker], *, earlier: Collection[tuple[str, SkippedTrajectory]] = ()
) -> dict[str, str]:
    """Why this user's workers skip queued trajectories, by path relative to the runs folder; none that one computes.

    earlier: what `list_skips` returned, which does not count.
    """
    own = [worker for worker in workers if worker.alive and worker.is_own]
    skips = {skip.path: skip.reason for worker_id, skip in list_skips(own) if (worker_id, skip) not in earlier}
    computed = {job.path for worker in own for job in worker.jobs}
    return {path: reason for path, reason in skips.items() if path not in computed}


def list_skips(workers: Iterable[Worker]) -> list[tuple[str, SkippedTrajectory]]:
    """What workers skip, each with the worker's id."""
    return [(worker.record.id, skip) for worker in workers if worker.live for skip in worker.live.skipped]


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


def list_workers(runs: Path, *, on_error: OnListingError = ignore_error) -> list[Worker]:
    """All workers of a runs folder, running and ended, oldest first. Never raises.

    on_error: called for each that the disk does not let be read, or for the folder of all.
    """
    parent = workers_folder(runs)
    found: list[Worker] = []
    try:
        found = [worker for name in list_folder(parent) if (worker := read_worker(parent / name, on_error=on_error))]
    except DiskError as error:
        on_error(error)
    return sorted(found, key=lambda worker: (worker.record.started, worker.record.id))


def read_worker(folder: Path, *, on_error: OnListingError = ignore_error) -> Worker | None:
    """The worker of a folder; None if there is none, or it cannot be read any more. on_error: as in `list_workers`."""
    record = _read_record(folder / RECORD_FILE, WorkerRecord, on_error)
    if record is None or record.id != folder.name or not is_name(record.id):
        return None
    return Worker(record, _read_record(folder / LIVE_FILE, WorkerStatus), probe_lock(folder)[0], folder)


def _read_record(
    path: Path, record_type: type[WorkerFileT], on_error: OnListingError = ignore_error
) -> WorkerFileT | None:
    try:
        data = read_file(path, MAX_RECORD_BYTES)
        return None if data is None else msgspec.json.decode(data, type=record_type)
    except DiskError as error:
        on_error(error)
    except (*UNREADABLE, RiptuiError):
        pass
    return None


def request_leave(folder: Path) -> None:
    """Ask the worker of a folder to leave, in any place: another host, another container, or process 1 of its own.

    Raises DiskError, which names the owner if it is another user's.
    """
    request = LeaveRequest(by=f"{_user_name()}@{socket.gethostname()}", when=timestamp())
    try:
        with Folder(folder) as opened:
            opened.write_atomically(LEAVE_FILE, encode_record(request), shared=True)
    except DiskError as error:
        if owner := other_owner(folder):
            raise DiskError(f"it belongs to {owner}, who has to shut it down ({error})") from error
        raise


def read_leave_request(folder: Path) -> LeaveRequest:
    """The request of a folder that has one; an empty one if it cannot be read. By whom is not yet safe to print."""
    return _read_record(folder / LEAVE_FILE, LeaveRequest) or LeaveRequest()


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an id without a name, as in many containers
        return str(os.getuid())


def new_log_path(runs: Path) -> Path:
    """A log file for a worker that is not registered yet; the worker moves it into its folder."""
    parent = _make_workers_folder(runs)
    return parent / f"starting-{secrets.token_hex(12)}.txt"


@contextmanager
def open_new_log(log: Path) -> Iterator[BinaryIO]:
    """Create a log file, for writing. Raises DiskError, also if the name is taken: it may be a planted link."""
    with Folder(log.parent) as folder, explain_errors(log), os.fdopen(folder.create_file(log.name), "ab") as opened:
        _for_appending(opened.fileno())
        yield opened


def _for_appending(fd: int) -> int:
    """Let several processes write to the end of one file."""
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
    return fd


def _make_workers_folder(runs: Path) -> Path:
    """The registry's folder, created if it is missing. Raises DiskError, also if it is a link to another place."""
    root = Path(os.path.realpath(runs))
    make_folders_inside(root, workers_folder(root))
    return workers_folder(root)


@contextmanager
def hold_start_lock(runs: Path) -> Iterator[None]:
    """Keep other processes from starting a worker in these runs. Raises HeldError if one is doing so, DiskError."""
    with Folder(_make_workers_folder(runs)) as folder, FolderLock(folder):
        yield


class Registration:
    """A worker's own entry in the registry. Created by `register`."""

    def __init__(self, record: WorkerRecord, folder: Folder) -> None:
        self.record = record
        self.path = folder.path
        self.log = folder.path / LOG_FILE
        self._folder = folder

    @property
    def leave_requested(self) -> bool:
        """Whether somebody asked the worker to leave."""
        return self._folder.has_file(LEAVE_FILE)

    def attach_log(self, log: Path) -> None:
        """Use an existing file as the log, e.g. the one that stdout and stderr go to."""
        with explain_errors(log):
            if log.parent != self.path.parent or log.is_symlink() or not log.is_file():
                raise OSError(errno.ESPIPE, "not a log")
            os.rename(log, self.log)

    def append_to_log(self, text: str) -> None:
        """Add a line, safe to print, to the log of a worker that runs on another machine."""
        with suppress(OSError, DiskError), os.fdopen(self.open_log(), "ab") as log:
            log.write(f"{timestamp()}  {text}\n".encode(errors="replace"))

    def open_log(self) -> int:
        """The descriptor of the log, for all output. Raises DiskError if something else has its name."""
        return _for_appending(self._folder.open_file(LOG_FILE))

    def publish(self, live: WorkerStatus) -> None:
        """Rewrite live.json. A disk error is ignored: it must not end the work."""
        with suppress(DiskError):
            self._folder.write_atomically(LIVE_FILE, msgspec.json.encode(live), durable=False)


@contextmanager
def register(runs: Path, record: WorkerRecord) -> Iterator[Registration]:
    """Register a worker while the context lasts, and remove old folders of ended workers.

    Raises DiskError; HeldError if a worker with that id is running.
    """
    parent = _make_workers_folder(runs)
    _remove_ended(parent)
    make_folders(parent / record.id)
    try:
        with Folder(parent / record.id) as folder, FolderLock(folder):
            folder.remove_file(LEAVE_FILE)  # of an earlier worker with this id
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
