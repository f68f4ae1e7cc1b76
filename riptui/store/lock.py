"""The lock of the process that runs a trajectory: an flock on its `.lock`, which is never unlinked.

The kernel drops the lock when its holder dies, however it dies. The content of the file only names the holder. A holder
that was killed leaves its name behind, which distinguishes an interrupted trajectory from one that never started.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from riptui.errors import HeldError
from riptui.store.disk import Folder, explain_errors
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
        self._fd = folder.open_file(LOCK_FILE)
        try:
            self._acquire(folder.path)
            holder = LockHolder(os.getpid(), socket.gethostname(), time.time())
            with explain_errors(folder.path / LOCK_FILE):
                os.ftruncate(self._fd, 0)
                os.pwrite(self._fd, msgspec.json.encode(holder), 0)
        except BaseException:
            os.close(self._fd)
            raise

    def _acquire(self, path: Path) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = _read_holder(self._fd)
                    owner = f"process {holder.pid} on {holder.host}" if holder else "another process"
                    raise HeldError(f"{path} is being computed by {owner}") from None
                time.sleep(0.01)
            except OSError:
                with explain_errors(path / LOCK_FILE):
                    raise

    def release(self) -> None:
        """Release the lock and remove the holder's name."""
        try:
            os.ftruncate(self._fd, 0)
        except OSError:
            pass  # a full or vanished disk must not hide the error that ended the work
        finally:
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def probe_lock(path: Path) -> tuple[bool, LockHolder | None]:
    """Whether a folder's lock is held, and the process that holds it or died holding it. Needs read permission only."""
    try:
        fd = os.open(f"{path}/{LOCK_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False, None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False, _read_holder(fd)
    except BlockingIOError:
        return True, _read_holder(fd)
    except OSError:  # a file system without locks
        return False, None
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
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldError(f"{path} is being computed: pause it first") from None
        except OSError:
            with explain_errors(path / LOCK_FILE):
                raise
        yield
    finally:
        os.close(fd)


def _read_holder(fd: int) -> LockHolder | None:
    try:
        return msgspec.json.decode(os.pread(fd, 1000, 0), type=LockHolder)
    except (*UNREADABLE, OSError):
        return None
