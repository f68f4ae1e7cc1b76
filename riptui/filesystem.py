"""File system calls for every layer: atomic replacement, reads that cannot hang, locks, owners, free space."""

import errno
import fcntl
import os
import pwd
import shutil
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BufferedReader
from itertools import chain
from pathlib import Path
from queue import Empty, Queue
from threading import Thread, get_ident
from typing import BinaryIO, TypeVar, cast

TEMPORARY_PREFIX = ".tmp-"
ANSWER_SECONDS = 2.0  # seconds that a disk has to answer; a sleeping one starts in less
LOOKS = 20  # in which an answer is waited for: a process that was suspended, or got no CPU, has missed one or two
LOCK_SECONDS = 0.01  # between two looks at a lock that another process holds

ResultT = TypeVar("ResultT")


class NotRegularFileError(OSError):
    """Something else is where a file belongs: reading it could wait for ever, or never end."""


def write_atomically(
    file: Path | str,
    data: bytes,
    more: Iterable[bytes] = (),
    *,
    temporary: Path | str | None = None,
    folder_fd: int | None = None,
    durable: bool = True,
    mode: int = 0o666,
) -> None:
    """Replace or create a file: afterwards it has the old bytes or the new ones, whatever happens.

    more: parts that follow the data, asked for as they are written.
    temporary: the path to write to first, on the same file system; None: beside the file, unique to this thread.
    folder_fd: an open folder that the paths are relative to; then the new name is made durable too.
    durable: survive a power cut, by fsync. Raises OSError.
    """
    if temporary is None:
        path = Path(file)
        temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-{os.getpid()}-{get_ident()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(temporary, flags | os.O_NONBLOCK, mode, dir_fd=folder_fd)  # opening a fifo would wait for a reader
    try:
        try:
            end = 0
            for part in chain([data], more):
                write_at(fd, part, end)
                end += len(part)
            if durable:
                os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(temporary, file, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder_fd)
        raise
    if durable and folder_fd is not None:
        sync_folder(folder_fd)


def sync_folder(fd: int) -> None:
    """Make the names in an open folder durable, where the file system can: CIFS, DrvFs and some FUSE cannot.

    Raises OSError if it can and fails.
    """
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise


def write_at(fd: int, data: bytes, start: int) -> None:
    """Write all of the data at an offset. Raises OSError."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, start)
        view, start = view[written:], start + written


def read_own_file(path: Path, max_bytes: int) -> bytes:
    """The first bytes of one of the user's own files, whatever is in its place: a fifo or a dead mount freezes nothing.

    Raises OSError: NotRegularFileError for a fifo or a device, TimeoutError if the disk does not answer.
    """
    return run_within(ANSWER_SECONDS, lambda: _read_regular(path, max_bytes))


def run_within(seconds: float, call: Callable[[], ResultT]) -> ResultT:
    """The result of a call that may hang, on a dead mount or a network. Raises TimeoutError, and leaves the call to its
    thread.

    Time in which this process was suspended, or too busy to look, hardly counts.
    """
    results: Queue[tuple[ResultT | None, BaseException | None]] = Queue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:
            results.put((None, error))

    Thread(target=run, name="may hang", daemon=True).start()
    for _ in range(LOOKS):
        try:
            result, error = results.get(timeout=seconds / LOOKS)
        except Empty:
            continue
        if error is not None:
            raise error
        return cast(ResultT, result)
    raise TimeoutError(errno.ETIMEDOUT, "the disk does not answer")


def open_own_log(path: Path) -> BinaryIO:
    """Open one of the user's own logs for appending, as `read_own_file` reads one. Raises OSError."""
    return run_within(ANSWER_SECONDS, lambda: _open_log(path))


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    return os.fdopen(_require_regular(os.open(path, flags)), "ab")


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading; a fifo or a device is not waited for. Raises OSError, NotRegularFileError."""
    return os.fdopen(_require_regular(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)), "rb")


def _require_regular(fd: int) -> int:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotRegularFileError(errno.EINVAL, "it is not a regular file")
    return fd


def _read_regular(path: Path, max_bytes: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as opened:
        mode = os.fstat(fd).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            raise NotRegularFileError(errno.EINVAL, "it is not a regular file")
        return opened.read(max_bytes) or b""


def try_lock(fd: int, *, shared: bool = False, seconds: float = 0.0) -> bool | None:
    """Lock an open file or folder until it is closed; wait for it about this long, however busy the machine is.

    False if another process holds it, None if the file system has no such locks. shared: others can share it as well.
    """
    for look in range(1 + round(seconds / LOCK_SECONDS)):
        if look:
            time.sleep(LOCK_SECONDS)
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        except OSError:
            return None
        return True
    return False


def is_locked(path: Path) -> bool | None:
    """Whether a process holds the lock of a file; None where the file system has none. Raises OSError: no such file."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        locked = try_lock(fd, shared=True)
        return None if locked is None else not locked
    finally:
        os.close(fd)


def try_stat(path: Path | str, *, follow_symlinks: bool = True) -> os.stat_result | None:
    """What the system says of a path; None if it says nothing: there is none, or it may not be seen. Never raises."""
    try:
        return os.stat(path, follow_symlinks=follow_symlinks)  # noqa: PTH116  10,000 are asked: a Path of each is slow
    except OSError:
        return None


def other_owner(path: Path | str) -> str:
    """The name of the other user whose a path, or what exists above it, is; "" if it is this user's, or not known."""
    path = Path(path).absolute()
    try:
        found = next(place for place in (path, *path.parents) if os.path.lexists(place))
        owner = os.lstat(found).st_uid
    except (OSError, StopIteration):
        return ""
    return "" if owner == os.geteuid() else user_name(owner)


def user_name(user_id: int) -> str:
    """A user's name; of one without a name the id: user 4711."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"


def free_bytes(path: Path) -> int:
    """Free bytes on the disk that a path is on, or will be on once it is created. Raises OSError."""
    path = path.absolute()
    return shutil.disk_usage(next(folder for folder in (path, *path.parents) if folder.exists())).free
