"""File system calls for every layer: replace a file atomically, and measure free disk space."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from threading import get_ident

TEMPORARY_PREFIX = ".tmp-"


def write_atomically(
    file: Path | str,
    data: bytes,
    *,
    temporary: Path | str | None = None,
    folder_fd: int | None = None,
    durable: bool = True,
    mode: int = 0o644,
) -> None:
    """Replace or create a file: afterwards it has the old bytes or the new ones, whatever happens.

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
            write_at(fd, data, 0)
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


def free_bytes(path: Path) -> int:
    """Free bytes on the disk that a path is on, or will be on once it is created. Raises OSError."""
    path = path.absolute()
    return shutil.disk_usage(next(folder for folder in (path, *path.parents) if folder.exists())).free
