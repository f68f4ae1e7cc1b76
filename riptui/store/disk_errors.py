"""Errors of the operating system, explained: what happened to which path, and what to do."""

import errno
from pathlib import Path
from types import TracebackType

from riptui import filesystem
from riptui.errors import DiskError

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EROFS: "the file system is read-only: make it writable or choose another folder",
    errno.EACCES: "permission denied: change the permissions or choose another folder",
    errno.EPERM: "permission denied: change the permissions or choose another folder",
    errno.EFBIG: "the file would exceed the file size limit: raise it (ulimit -f)",
    errno.ENOENT: "the folder does not exist, or was removed or renamed by someone else",
    errno.ENOTDIR: "it is a file where a folder is needed",
    errno.EISDIR: "it is a folder where a file is needed: move it away",
    errno.ESPIPE: "it is not a regular file: move it away",
    errno.ENXIO: "it is not a regular file: move it away",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter name",
    errno.ELOOP: "it is a symbolic link, which riptui does not follow here",
    errno.EIO: "the disk reports a hardware error: check the disk first",
    errno.ESTALE: "the file server no longer knows this file or folder: open it again, or mount the file system again",
    errno.ENOTCONN: "the file system is no longer connected: mount it again",
    errno.ETIMEDOUT: "the file server does not answer: check the network, then try again",
    errno.EHOSTDOWN: "the file server is down: wait for it, then try again",
    errno.EHOSTUNREACH: "the file server cannot be reached: check the network, then try again",
    errno.ECONNRESET: "the file server broke off: check the network, then try again",
    errno.EREMOTEIO: "the file server reports an error: try again, and check the server",
    errno.ENODEV: "the disk is gone: connect it again",
    errno.ESHUTDOWN: "the file system was shut down after an error: check the disk first",
    errno.EUCLEAN: "the file system is damaged: check the disk first",
    errno.EOPNOTSUPP: "the file system does not support this: choose a folder on another; `riptui doctor` tries it",
    errno.ENOSYS: "the file system does not support this: choose a folder on another; `riptui doctor` tries it",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n)",
}


class explain_errors:  # noqa: N801  a generator's context would take four times as long, and lists enter 100,000
    """Turn an OSError into a DiskError that says what to do. name: of the file, if `path` is its folder."""

    __slots__ = ("_name", "_path")

    def __init__(self, path: Path | str, name: str = "") -> None:
        self._path, self._name = path, name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise _explain(error, Path(self._path, self._name) if self._name else self._path) from error


def _explain(error: OSError, path: Path | str) -> DiskError:
    cause = _ADVICE.get(error.errno or 0, error.strerror or str(error))
    if error.errno in (errno.EACCES, errno.EPERM) and (owner := filesystem.other_owner(path)):
        cause += f" (it belongs to {owner})"
    return DiskError(f"{path}: {cause}", path=path, number=error.errno or 0)
