"""What a folder and some of its files are like now: equal stamps mean that nobody has changed them in between, where
only this machine changes the disk. On other file systems, what is asked of a file may be a minute old.

A file's number, size and times tell of a change in place, also by somebody who set the time of modification back. The
folder's times tell that something in it was created, replaced or removed.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path

import msgspec

from riptui.filesystem import try_stat

SETTLED_NS = 2 * 10**9  # what changed more recently may change again within the resolution of its times
STAMP_BYTES = 16
MOUNTS = Path("/proc/self/mountinfo")
LOCAL_TYPES = frozenset(
    (
        *("bcachefs", "btrfs", "ext2", "ext3", "ext4", "exfat", "f2fs", "jfs", "nilfs2", "ntfs3", "overlay"),
        *("ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs"),
    )
)

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
        self._folder = try_stat(folder)
        found = {name: try_stat(folder + name) for name in files}
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


def _encode_stamp(folder: os.stat_result, files: Iterable[os.stat_result]) -> bytes:
    numbers = (_read_folder(folder), *map(_read_file, files))
    try:
        return hashlib.blake2b(_ENCODE(numbers), digest_size=STAMP_BYTES).digest()  # of ten times as many bytes
    except OverflowError:  # of a file system with numbers of more than 64 bits
        return b""


def is_local(folder: str) -> bool:
    """Whether a folder is known to be on a file system that no other machine has. Never raises."""
    try:
        lines = MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    path = f"{os.path.realpath(folder).rstrip('/')}/"
    found = ""
    longest = 0
    for line in lines:
        place, _, source = line.partition(" - ")
        mount = f"{_unescape(place.split()[4]).rstrip('/')}/"
        if path.startswith(mount) and len(mount) >= longest:  # a later one hides an earlier one
            longest, found = len(mount), source.split()[0]
    return found in LOCAL_TYPES


def _unescape(text: str) -> str:
    r"""The kernel writes blanks, tabs, line ends and backslashes of a path as \040 and so on."""
    for code in ("040", "011", "012"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text.replace("\\134", "\\")
