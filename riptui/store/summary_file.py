"""The file of `SummaryCache`: what is kept of the trajectories below one folder, and how.

A file that is damaged, another release's or not there is an empty one. Of two processes that write it at once the last
one wins: what each wrote is checked against the disk before it counts.

Its groups are read one by one, when they are asked for, so that no more than one is in memory: 4 bytes with the CRC-32
of the head, 4 with its length, the head, and the groups, whose CRC-32s are in the head.
"""

import hashlib
import os
import struct
import time
import weakref
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import get_ident

import msgspec

from riptui import __version__
from riptui.filesystem import ANSWER_SECONDS, TEMPORARY_PREFIX, open_regular, run_within, write_at, write_atomically
from riptui.settings import paths
from riptui.store.annotations import Annotations
from riptui.store.listing import FolderSignature
from riptui.store.spec_table import SpecTable
from riptui.store.trajectory import Status

MAX_BYTES = 2**31  # bytes; a trajectory takes half a kB
UNUSED_SECONDS = 90 * 86_400.0  # after which a file is removed: its folder may be gone
LEFT_OVER_SECONDS = 3600.0  # after which a file that was not completed is that of a process which was killed
RELEASE = f"{__version__} format 9"


class KeptSummary(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One summary, and what its folder was like."""

    stamp: bytes
    files: int
    """Which files the stamp is of: bits by their place in `SummaryCache`'s list."""
    status: Status
    spec: int
    """Its number in the table of specs."""
    seed: int
    k: int
    session: int
    inpainted: float
    coverage: float
    mixed: str
    annotations: Annotations
    failed: str
    metric: str
    """The primary metric, its newest value and a sparkline: lists show no other."""
    newest: float | None
    bars: str
    packed: bytes
    """The last values of the primary metric."""
    measured: str
    """The metrics with a finite value at the last measured frame, a line each, and these values."""
    packed_newest: bytes
    others: str
    """The other metrics, a line each."""
    metrics: msgspec.Raw
    signature: FolderSignature


class KeptGroup(msgspec.Struct, array_like=True):
    """The folders in a folder, and the summaries of those that are trajectories."""

    stamp: bytes = b""
    """Of the folder when the names were listed; empty if they were not."""
    names: list[str] = msgspec.field(default_factory=list)
    """In natural order."""
    kept: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    """Each a KeptSummary, by name."""


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a group is in the file, from the end of the head, or in the draft; in bytes."""

    start: int
    length: int
    checksum: int
    summaries: int
    """How many."""


class _Head(msgspec.Struct, array_like=True):
    release: str
    """Another release may derive other summaries."""
    specs: dict[int, msgspec.Raw]
    groups: dict[str, Place]
    """By the path below the folder; "" is the folder itself."""


_START = struct.Struct("<II")
_ENCODER = msgspec.msgpack.Encoder()
_DECODE_HEAD = msgspec.msgpack.Decoder(_Head).decode
_DECODE_GROUP = msgspec.msgpack.Decoder(KeptGroup).decode
decode_summary = msgspec.msgpack.Decoder(KeptSummary).decode
decode_metrics = msgspec.msgpack.Decoder(dict[int, dict[str, int | float | None]]).decode
encode = _ENCODER.encode


class SummaryFile:
    """Opened for one folder. Never raises."""

    def __init__(self, root: Path) -> None:
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()
        self.path = paths.cache_folder() / "summaries" / f"{digest[:24]}.msgpack"
        self._answers = True
        self._fd = self._first_group = -1
        self._draft_fd = -1
        """Of a file with what was read since it was opened, so that it need not be in memory until it is written."""
        head = self._open()
        self.groups = head.groups
        self.specs = SpecTable(head.specs)

    def _open(self) -> _Head:
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, struct.error):
            try:
                self._fd = run_within(ANSWER_SECONDS, lambda: _open_fd(self.path))
            except TimeoutError:
                self._answers = False
                raise
            weakref.finalize(self, os.close, self._fd)
            start = os.pread(self._fd, _START.size, 0)
            checksum, length = _START.unpack(start)
            if os.fstat(self._fd).st_size <= MAX_BYTES:
                content = os.pread(self._fd, length, _START.size)
                if zlib.crc32(content) == checksum and (head := _DECODE_HEAD(content)).release == RELEASE:
                    self._first_group = _START.size + length
                    return head
        return _Head(RELEASE, {}, {})

    def read_group(self, path: str) -> KeptGroup:
        """What is kept of a folder's trajectories; empty if nothing is, or it is damaged."""
        place = self.groups.get(path)
        return _decode_group(self._read(place)) if place else KeptGroup()

    def read_draft(self, place: Place) -> KeptGroup:
        return _decode_group(self._read(place, is_draft=True))

    def draft(self, group: KeptGroup) -> Place | None:
        """Put a group aside until it is written; None if that is not possible."""
        data = encode(group)
        with suppress(OSError):
            if self._draft_fd < 0:
                self._draft_fd = _open_nameless(self.path)
                weakref.finalize(self, os.close, self._draft_fd)
            place = Place(os.fstat(self._draft_fd).st_size, len(data), zlib.crc32(data), len(group.kept))
            write_at(self._draft_fd, data, place.start)
            return place
        return None

    def _read(self, place: Place, *, is_draft: bool = False) -> bytes:
        """A group as it was written; empty if it cannot be read, or is damaged."""
        with suppress(OSError):
            fd, start = (self._draft_fd, 0) if is_draft else (self._fd, self._first_group)
            data = os.pread(fd, place.length, start + place.start)
            if zlib.crc32(data) == place.checksum:
                return data
        return b""

    def write(self, drafted: Mapping[str, Place], others: Iterable[str], specs: dict[int, msgspec.Raw]) -> None:
        """Replace the file by the groups that were put aside, and others as they are in this file; then remove what
        nobody needs any more."""
        if not self._answers:
            return
        sources = [(path, place, True) for path, place in drafted.items()]
        sources += [(path, self.groups[path], False) for path in others]
        places: dict[str, Place] = {}
        start = 0
        for path, place, _ in sources:
            places[path] = msgspec.structs.replace(place, start=start)
            start += place.length
        head = encode(_Head(RELEASE, specs, places))
        parts = (self._read(place, is_draft=is_draft).ljust(place.length) for _, place, is_draft in sources)
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beginning = _START.pack(zlib.crc32(head), len(head)) + head
            write_atomically(self.path, beginning, parts, durable=False, mode=0o600)
            _remove_old(self.path.parent)


def _decode_group(data: bytes) -> KeptGroup:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return _DECODE_GROUP(data)
    return KeptGroup()


def _open_fd(path: Path) -> int:
    with open_regular(path) as file:
        return os.dup(file.fileno())


def _open_nameless(path: Path) -> int:
    """A new file beside another one, which goes when it is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-draft-{os.getpid()}-{get_ident()}")
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.unlink(temporary)
    return fd


def _remove_old(folder: Path) -> None:
    """Remove the files of folders that were not listed for long, and what processes left that were killed."""
    now = time.time()
    with os.scandir(folder) as entries:
        for entry in entries:
            limit = LEFT_OVER_SECONDS if entry.name.startswith(TEMPORARY_PREFIX) else UNUSED_SECONDS
            with suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > limit:
                    os.unlink(entry.path)
