"""The lock of the process that runs a trajectory: an flock on its `.lock`, which is never unlinked.

The kernel drops the lock when its holder dies, however it dies. The content of the file only names the holder. A holder
that was killed leaves its name behind, which distinguishes an interrupted trajectory from one that never started.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import msgspec

from riptui.errors import DiskError, HeldError
from riptui.store.disk import Folder
from riptui.store.disk_errors import explain_errors
from riptui.store.lock_file import ADVICE, NO_LOCKS, LockFile, is_lock_file_held, uses_lock_files
from riptui.store.records import UNREADABLE

LOCK_FILE = ".lock"
TIMEOUT_SECONDS = 0.2  # seconds; a reader's probe holds a shared lock for microseconds


class LockHolder(msgspec.Struct, frozen=True):
    """The process that holds a lock, or died holding it."""

    pid: int
    host: str
    since: float
    """Seconds since 1970, UTC."""


class FolderLock:
    """A held lock. Raises HeldError if another process holds it."""

    def __init__(self, folder: Folder) -> None:
        with ExitStack() as stack:
            self._file = LockFile(folder) if uses_lock_files() else None
            if self._file is not None:
                stack.callback(self._file.release)
            self._fd = folder.open_file(LOCK_FILE)
            stack.callback(os.close, self._fd)
            self._acquire(folder.path)
            holder = LockHolder(os.getpid(), socket.gethostname(), time.time())
            with explain_errors(folder.path / LOCK_FILE):
                os.ftruncate(self._fd, 0)
                os.pwrite(self._fd, msgspec.json.encode(holder), 0)
            self._stack = stack.pop_all()

    def require(self) -> None:
        """Raise HeldError unless it is still held: a lock file can be lost. Raises DiskError if that cannot be told."""
        if self._file is not None:
            self._file.require()

    def _acquire(self, path: Path) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._file is None and is_lock_file_held(path):  # of somebody whose settings choose lock files
                    raise BlockingIOError
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = _read_holder(self._fd)
                    owner = f"process {holder.pid} on {holder.host}" if holder else "another process"
                    raise HeldError(f"{path} is being computed by {owner}") from None
                time.sleep(0.01)
            except OSError as error:
                _require_lock_files(error, path / LOCK_FILE)
                return

    def release(self) -> None:
        """Release the lock and remove the holder's name."""
        with self._stack, suppress(OSError):  # a full or vanished disk must not hide the error that ended the work
            os.ftruncate(self._fd, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def probe_lock(path: Path | str) -> tuple[bool, LockHolder | None]:
    """Whether a folder's lock is held, and the process that holds it or died holding it. Needs read permission only."""
    try:
        fd = os.open(f"{path}/{LOCK_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False, None
    try:
        if is_lock_file_held(path):
            return True, _read_holder(fd)
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False, _read_holder(fd)
    except BlockingIOError:
        return True, _read_holder(fd)
    except OSError:  # a file system without locks
        return False, _read_holder(fd) if uses_lock_files() else None
    finally:
        os.close(fd)


@contextmanager
def hold_shared_lock(path: Path) -> Iterator[None]:
    """Keep other processes from taking a lock; the name of a holder that died stays. Raises HeldError."""
    try:
        fd = os.open(f"{path}/{LOCK_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:  # it never ran
        yield
        return
    except OSError:
        with explain_errors(path / LOCK_FILE):
            raise
    try:
        try:
            if is_lock_file_held(path):
                raise BlockingIOError
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldError(f"{path} is being computed: pause it first") from None
        except OSError as error:
            _require_lock_files(error, path / LOCK_FILE)
        yield
    finally:
        os.close(fd)


def _require_lock_files(error: OSError, path: Path) -> None:
    """Raise DiskError for what flock failed with, unless there are no locks and lock files are used instead."""
    if error.errno not in NO_LOCKS:
        with explain_errors(path):
            raise error
    if not uses_lock_files():
        raise DiskError(f"{path}: {ADVICE}") from error


def _read_holder(fd: int) -> LockHolder | None:
    try:
        return msgspec.json.decode(os.pread(fd, 1000, 0), type=LockHolder)
    except (*UNREADABLE, OSError):
        return None
