"""Locks for file systems without flock: a file that its holder rewrites every few seconds, its heartbeat.

Chosen by the setting `locks`, for everyone who uses a runs folder. Creating a file that must not exist is atomic
everywhere. A holder that was killed cannot remove its file, so a file without a heartbeat for `EXPIRY_SECONDS` counts
as free. A holder that was suspended for so long notices it before it writes anything.
"""

import errno
import os
import secrets
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Event, Lock, Thread

from riptui.errors import DiskError, HeldError, StoreError
from riptui.filesystem import TEMPORARY_PREFIX
from riptui.store.disk import Folder
from riptui.store.disk_errors import explain_errors

BEATING_FILE = ".lockfile"
BEAT_SECONDS = 5.0
EXPIRY_SECONDS = 60.0  # seconds; a file server may hold back writes for 30


@cache
def uses_lock_files() -> bool:
    """Whether the user's settings choose lock files over the system's locks."""
    from riptui.settings import load_settings  # 20 ms that a listing does without

    return load_settings().settings.locks == "files"


class LockFile:
    """A held lock file. Raises HeldError if another process holds it, DiskError."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._fd = self._take()
        self._is_lost = False
        self._last_beat = time.monotonic()
        self._released = Event()
        self._turn = Lock()
        Thread(target=self._keep_beating, name="lock file", daemon=True).start()

    def _take(self) -> int:
        """Create the file, after removing one that has expired; return its descriptor. Raises HeldError, DiskError."""
        for is_last in (False, True):
            try:
                return self._folder.create_file(BEATING_FILE)
            except FileExistsError:
                if is_last or not self._remove_expired():
                    raise HeldError(f"{self._folder.path} is being computed by another process") from None
        raise AssertionError

    def _remove_expired(self) -> bool:
        """Remove the file of a holder that is gone; False if there is none. Times are those of the file server."""
        found, name = self._folder.read_status(BEATING_FILE), f"{TEMPORARY_PREFIX}lock-{secrets.token_hex(8)}"
        clock = self._folder.create_file(name)
        now = os.fstat(clock).st_mtime
        os.close(clock)
        self._folder.remove_file(name)
        if found is None or now - found.st_mtime < EXPIRY_SECONDS:
            return found is None
        with suppress(DiskError):  # of two processes that remove it, one fails
            self._folder.rename(BEATING_FILE, name)
            taken = self._folder.read_status(name)
            if taken is not None and (taken.st_ino, taken.st_mtime_ns) == (found.st_ino, found.st_mtime_ns):
                self._folder.remove_file(name)
                return True
            self._folder.rename(name, BEATING_FILE)  # another process was faster: it is that one's
        return False

    def _keep_beating(self) -> None:
        while not self._released.wait(BEAT_SECONDS):
            with suppress(OSError, StoreError), self._turn:
                if not self._released.is_set():  # its descriptor may be another file's by now
                    self._beat()

    def _beat(self) -> None:
        """Show that the holder lives. Raises HeldError if the file is not its own any more, OSError."""
        found = self._folder.read_status(BEATING_FILE)
        if found is None or found.st_ino != os.fstat(self._fd).st_ino:
            self._is_lost = True
            raise HeldError(f"{self._folder.path}: another process took it while this one was suspended")
        os.pwrite(self._fd, str(os.getpid()).encode(), 0)
        os.fsync(self._fd)
        self._last_beat = time.monotonic()

    def require(self) -> None:
        """Raise HeldError unless the lock is still held, DiskError if that cannot be told."""
        if self._is_lost or time.monotonic() - self._last_beat > EXPIRY_SECONDS / 2:
            with explain_errors(self._folder.path / BEATING_FILE), self._turn:
                self._beat()

    def release(self) -> None:
        """Remove the file, unless another process took it. Never raises."""
        self._released.set()
        with self._turn:
            with suppress(OSError, StoreError):
                self._beat()
                self._folder.remove_file(BEATING_FILE)
            os.close(self._fd)


def is_lock_file_held(path: Path | str) -> bool:
    """Whether a folder has a lock file that has not expired, by this machine's clock. Never raises."""
    try:
        changed = os.stat(f"{path}/{BEATING_FILE}", follow_symlinks=False).st_mtime
    except OSError:
        return False
    return time.time() - changed < EXPIRY_SECONDS


NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL, 524)
"""What flock fails with where there are no locks; 524 is the kernel's ENOTSUPP, which NFS lets through."""
ADVICE = (
    "the file system does not support locks. Mount it with them (Lustre: -o flock; NFS: with its lock service, or "
    '-o local_lock=flock for one machine), choose a folder on another, or set locks = "files" in the settings of '
    "everyone who uses this runs folder"
)
