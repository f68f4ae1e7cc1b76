"""A source image's file: its bytes and their hash. Only a regular file of bounded size is ever opened."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from riptui.errors import SourceError

MAX_FILE_BYTES = 2 * 2**30
CHUNK_BYTES = 2**20


class FileIdentity(NamedTuple):
    """A file's content, and what tells that it was touched."""

    sha256: str
    """Of its bytes, in hex."""
    size: int
    """Bytes."""
    changed: int
    """Modification time in ns since 1970."""


def read_source(path: Path) -> bytes:
    """The whole file, once, so that the hash and the pixels are of the same bytes.

    Raises SourceError, without the path: missing, unreadable, empty, too large, not a regular file.
    """
    with _errors_in_one_line(), _open_regular(path) as file:
        data = file.read(MAX_FILE_BYTES + 1)
    _require_size(len(data))
    if not data:
        raise SourceError("the file is empty: copy or download it again")
    return data


def identify_source(path: Path) -> FileIdentity:
    """Hash a file without keeping it in memory. Raises SourceError as `read_source` does, but an empty file is fine."""
    digest, size = hashlib.sha256(), 0
    with _errors_in_one_line(), _open_regular(path) as file:
        status = os.fstat(file.fileno())
        while chunk := file.read(CHUNK_BYTES):
            size += len(chunk)
            _require_size(size)  # of files that the kernel makes up, the size is only known by reading
            digest.update(chunk)
    return FileIdentity(digest.hexdigest(), status.st_size, status.st_mtime_ns)


def is_regular(path: Path) -> bool:
    """Whether a path is a file that can be opened without waiting: not a pipe, a socket, a device or a folder."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; False too if it cannot be one or cannot be looked at."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def to_one_line(text: object) -> str:
    """Another library's message for one of ours: on one line, at most 120 characters."""
    return " ".join(str(text).split())[:120] or type(text).__name__


@contextmanager
def _open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file; looked at before, because opening a pipe waits for a writer, and after, because it may change."""
    _require_regular(path.stat())
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        _require_regular(os.fstat(file.fileno()))
        yield file


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise SourceError("is a folder: name the images in it")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("is a pipe, a socket or a device: save the image to a file first")
    _require_size(status.st_size)


def _require_size(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise SourceError(f"the file is {size / 2**30:.1f} GiB; the limit is {MAX_FILE_BYTES >> 30} GiB")


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError("does not exist: check the path") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        cause = to_one_line(getattr(error, "strerror", None) or error)
        raise SourceError(f"cannot be read ({cause}): check the path and its permissions") from error
