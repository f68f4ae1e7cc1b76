"""Calls that read or change the disk. Knows folders and bytes, nothing of trajectories.

All names are relative to an open folder and no symbolic link is followed: a trajectory that is moved while it runs is
written to its new place, and one that contains links writes nothing outside itself. The rules of the format (README)
are kept here: whole files by temporary file, fsync, rename, fsync of the folder; appended files by write and fsync.
A failed fsync is never retried: the kernel may have dropped the pages and report success the next time.
"""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from riptui import filesystem
from riptui.errors import DamagedError, DiskError
from riptui.store.disk_errors import explain_errors

REWRITTEN_BYTES = 2**16  # bytes; more than any line of a journal
CHUNK_BYTES = 2**24  # bytes
MAX_READ_BYTES = 2**26  # bytes; more of a file at once only if its spec allows it
SMALL_BYTES = 2**20  # bytes; files up to this size are read without asking what their spec allows
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Folder:
    """An open folder. Close it, or use it as a context."""

    def __init__(self, path: Path | str, *, parent: "Folder | None" = None) -> None:
        self.path: Path = parent.path / path if parent else Path(path)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        with explain_errors(self.path):
            self._fd: int = os.open(path, flags, dir_fd=parent._fd if parent else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._fd)

    def open_file(self, name: str) -> int:
        """Open a file for appending, and create it if it is missing. The caller closes the descriptor."""
        with explain_errors(self.path / name):
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=self._fd)
            if stat.S_ISREG(os.fstat(fd).st_mode):
                return fd
            os.close(fd)
            raise OSError(errno.ESPIPE, os.strerror(errno.ESPIPE))

    def create_file(self, name: str) -> int:
        """Create a file, for writing. The caller closes the descriptor. Raises FileExistsError, DiskError."""
        with explain_errors(self.path / name):
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                return os.open(name, flags, 0o666, dir_fd=self._fd)
            except FileExistsError:
                pass
        raise FileExistsError(name)

    def read_status(self, name: str) -> os.stat_result | None:
        """The status of what has this name in the folder; None if nothing has. Raises DiskError."""
        with explain_errors(self.path / name):
            try:
                return os.stat(name, dir_fd=self._fd, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def write_atomically(self, name: str, data: bytes, *, shared: bool = False, durable: bool = True) -> None:
        """Replace or create a file: afterwards it has the old bytes or the new ones, whatever happens.

        shared: other processes may write it too, without the folder's lock. durable: survive a power cut.
        """
        temporary = None if shared else f"{filesystem.TEMPORARY_PREFIX}{name}"
        with explain_errors(self.path / name):
            filesystem.write_atomically(name, data, temporary=temporary, folder_fd=self._fd, durable=durable)

    def has_file(self, name: str) -> bool:
        """Whether something of that name is in the folder, wherever it was moved. Never raises."""
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except OSError:
            return False
        return True

    def make_folder(self, name: str) -> None:
        """Create a folder if it is missing. An existing one is made durable: its creator may have died before."""
        with explain_errors(self.path / name):
            with suppress(FileExistsError):
                os.mkdir(name, 0o777, dir_fd=self._fd)
            filesystem.sync_folder(self._fd)

    def remove_file(self, name: str) -> None:
        with explain_errors(self.path / name):
            try:
                os.unlink(name, dir_fd=self._fd)
            except FileNotFoundError:
                return
            filesystem.sync_folder(self._fd)

    def rename(self, old: str, new: str) -> None:
        """Rename within the folder. Raises FileExistsError if `new` is a folder with something in it."""
        try:
            os.rename(old, new, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise FileExistsError(new) from error
            with explain_errors(self.path / new):
                raise
        self.sync()

    def sync(self) -> None:
        """Make the names in the folder durable."""
        with explain_errors(self.path):
            filesystem.sync_folder(self._fd)


class Journal:
    """A file that only grows, opened for appending."""

    def __init__(self, folder: Folder, name: str) -> None:
        self.path = folder.path / name
        self._fd = folder.open_file(name)
        self._failed = False
        self.end = os.fstat(self._fd).st_size
        if not self.end:  # it may be new, and a row is no more durable than its file's name
            folder.sync()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._fd)

    def append(self, data: bytes) -> int:
        """Write at the end and fsync; return the offset. After a DiskError the journal accepts nothing more."""
        if self._failed:
            raise DiskError(f"{self.path}: an earlier write failed, so nothing more is written to it")
        start = self.end
        self._failed = True
        with explain_errors(self.path):
            filesystem.write_at(self._fd, data, start)
            os.fsync(self._fd)
            if not os.fstat(self._fd).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "removed", str(self.path))
        self._failed = False
        self.end = start + len(data)
        return start

    def drop_torn_lines(self, max_bytes: int) -> None:
        """Drop a last line that a crash tore: without its line end, or with NULs where its data was lost.

        Also drop what is behind the first `max_bytes`, which no such file has.
        """
        data = _read_from(self._fd, self.path, 0, min(self.end, max_bytes), self.end)
        end = data.rfind(b"\n") + 1
        while data.find(b"\0", start := data.rfind(b"\n", 0, max(0, end - 1)) + 1, end) >= 0:
            end = start
        self.truncate(end)

    def truncate(self, end: int) -> None:
        """Drop everything after `end`, and make the rest durable: a writer that was killed may not have done so.

        The last part is written again, because a writer whose fsync failed may have left data that only looks written.
        """
        with explain_errors(self.path):
            if os.fstat(self._fd).st_size != end:
                os.ftruncate(self._fd, end)
            start = max(0, end - REWRITTEN_BYTES)
            filesystem.write_at(self._fd, os.pread(self._fd, end - start, start), start)
            os.fsync(self._fd)
        self.end = end


def read_file(path: Path | str, max_bytes: int = MAX_READ_BYTES) -> bytes | None:
    """A regular file's bytes, or None if there is no file. Never hangs on a fifo or a device."""
    with _RegularFile(path, max_bytes) as file:
        return None if file.fd is None else _read_from(file.fd, path, 0, max_bytes, file.size)


def read_start(path: Path | str, limit: Callable[[], int], *, start: int = 0) -> bytes | None:
    """A regular file's bytes from `start` on, but none behind the first `limit()` bytes of the file; None: no file.

    The limit is asked for only if the file is large, since a size costs nothing: a sparse file can claim any.
    """
    with _RegularFile(path) as file:
        if file.fd is None:
            return None
        end = start + SMALL_BYTES if file.size <= SMALL_BYTES else limit()
        return _read_from(file.fd, path, start, end, file.size)


def file_size(path: Path | str) -> int:
    """Bytes of a file; 0 if there is none."""
    status = filesystem.try_stat(path, follow_symlinks=False)
    return status.st_size if status else 0


def _read_from(fd: int, path: Path | str, start: int, end: int, size: int) -> bytes:
    """The bytes from `start` to `end`, also those that are appended meanwhile. size: of the file so far."""
    data = b""
    with explain_errors(path):
        while length := min(CHUNK_BYTES, size - start - len(data), end - start - len(data)):
            if length < 0 or not (chunk := os.pread(fd, length, start + len(data))):
                break
            data = data + chunk if data else chunk
            size = os.fstat(fd).st_size
    return data


def read_range(path: Path | str, start: int, length: int, *, max_bytes: int = MAX_READ_BYTES) -> bytes:
    """A range of a regular file's bytes; fewer if the file ends earlier, none if there is no file."""
    with _RegularFile(path) as file, explain_errors(path):
        if file.fd is None or start < 0:
            return b""
        available = min(length, file.size - start, max_bytes)  # a damaged row may ask for more than there is memory
        return os.pread(file.fd, available, start) if available > 0 else b""


def read_tail(path: Path | str, max_bytes: int) -> bytes:
    """The last bytes of a regular file; none if there is no file."""
    with _RegularFile(path) as file, explain_errors(path):
        return b"" if file.fd is None else os.pread(file.fd, max_bytes, max(0, file.size - max_bytes))


class _RegularFile:
    """A regular file, open for reading. `max_bytes`: of the whole file; None: any number."""

    __slots__ = ("fd", "size")

    def __init__(self, path: Path | str, max_bytes: int | None = None) -> None:
        self.fd: int | None = None
        """None: there is no file."""
        self.size = 0
        """Bytes, when it was opened."""
        try:
            self.fd = os.open(path, _READ_FLAGS)
            status = os.fstat(self.fd)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self.__exit__()
            if error.errno in (errno.ELOOP, errno.ENXIO):
                raise DamagedError(f"{path} is not a regular file; move it away") from error
            with explain_errors(path):
                raise
        self.size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.__exit__()
            raise DamagedError(f"{path} is not a regular file; move it away")
        if max_bytes is not None and self.size > max_bytes:
            self.__exit__()
            raise DamagedError(f"{path} is larger than {max_bytes:,} bytes, as no such file is; move it away")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.fd is not None:
            os.close(self.fd)


def list_folder(path: Path) -> list[str]:
    """The names in a folder; none if there is no folder, or only a link to one. Raises DiskError."""
    with explain_errors(path):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return []
            raise
        try:
            return os.listdir(fd)
        finally:
            os.close(fd)


def make_folders(path: Path) -> None:
    """Create a folder and its parents, each durable before the next."""
    with explain_errors(path):
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        sync_parent(missing[-1].parent if missing else path)
        for folder in reversed(missing):
            with Folder(folder.parent.resolve()) as parent:
                parent.make_folder(folder.name)


def make_folders_inside(root: Path, folder: Path) -> None:
    """As `make_folders`, below a resolved root. Raises DiskError, and creates nothing, if a link leads elsewhere."""
    if os.path.realpath(folder) != str(folder):
        raise DiskError(f"{folder} leads through a symbolic link, out of {root}: remove the link")
    make_folders(folder)


def sync_parent(path: Path) -> None:
    """Make the name of an existing folder durable: the process that created it may have died before."""
    parent = path.parent.resolve()
    if os.access(parent, os.R_OK):  # otherwise it is not the user's and is older than the folder
        with Folder(parent) as folder:
            folder.sync()
