"""What a folder and some of its files are like now: equal stamps mean that nobody has changed them in between.

A file's number, size and times tell of a change in place, also by somebody who set the time of modification back. The
folder's times tell that something in it was created, replaced or removed.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from operator import attrgetter

import msgspec

SETTLED_NS = 2 * 10**9  # what changed more recently may change again within the resolution of its times
STAMP_BYTES = 16

_ENCODE = msgspec.msgpack.Encoder().encode
_read_folder = attrgetter("st_dev", "st_ino", "st_mtime_ns", "st_ctime_ns")
_read_file = attrgetter("st_ino", "st_mtime_ns", "st_ctime_ns", "st_size")


def read_stamp(folder: str, files: Iterable[str] = ()) -> bytes:
    """The stamp of a folder and of files in it, given as /NAME; empty if one of them is not there. Never raises."""
    try:
        files_found = [os.stat(folder + name) for name in files]
        return _encode_stamp(os.stat(folder), files_found)
    except OSError:
        return b""


class FolderMoment:
    """A folder at one moment, for those who learn only afterwards which of its files they have read."""

    def __init__(self, folder: str, files: Iterable[str] = ()) -> None:
        """files: those that may be there, given as /NAME. Never raises."""
        self._settled_ns = time.time_ns() - SETTLED_NS
        self._folder = _stat(folder)
        found = {name: _stat(folder + name) for name in files}
        self._files = {name: status for name, status in found.items() if status is not None}

    @property
    def device(self) -> int | None:
        """Of the folder; None if it was not there."""
        return self._folder and self._folder.st_dev

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of the files that were there."""
        return {name: status.st_size for name, status in self._files.items()}

    def stamp(self, files: Iterable[str] = ()) -> bytes:
        """What `read_stamp` would have given; empty also if the folder or a file had changed only just before."""
        statuses = [self._files.get(name) for name in files]
        found = [status for status in (self._folder, *statuses) if status is not None]
        if len(found) <= len(statuses):
            return b""
        if max(max(status.st_mtime_ns, status.st_ctime_ns) for status in found) > self._settled_ns:
            return b""
        return _encode_stamp(found[0], found[1:])


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _encode_stamp(folder: os.stat_result, files: Iterable[os.stat_result]) -> bytes:
    numbers = (_read_folder(folder), *map(_read_file, files))
    try:
        return hashlib.blake2b(_ENCODE(numbers), digest_size=STAMP_BYTES).digest()  # of ten times as many bytes
    except OverflowError:  # of a file system with numbers of more than 64 bits
        return b""
