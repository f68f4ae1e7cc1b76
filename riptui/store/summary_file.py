"""The file of `SummaryCache`: what is kept of the trajectories below one folder, and how.

A file that is damaged, another release's or not there is an empty one. Of two processes that write it at once the last
one wins: what each wrote is checked against the disk before it counts.
"""

import hashlib
import os
import time
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec

from riptui import __version__
from riptui.filesystem import TEMPORARY_PREFIX, read_own_file, write_atomically
from riptui.settings import paths
from riptui.store.annotations import Annotations
from riptui.store.listing import FolderSignature
from riptui.store.spec_table import SpecTable
from riptui.store.trajectory import Status

MAX_BYTES = 2**31  # bytes; a trajectory takes half a kB
UNUSED_SECONDS = 90 * 86_400.0  # after which a file is removed: its folder may be gone
LEFT_OVER_SECONDS = 3600.0  # after which a file that was not completed is that of a process which was killed
RELEASE = f"{__version__} format 8"
CHECKSUM_BYTES = 4


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


class _Content(msgspec.Struct, array_like=True):
    release: str
    """Another release may derive other summaries."""
    specs: dict[int, msgspec.Raw]
    groups: dict[str, KeptGroup]
    """By the path below the folder; "" is the folder itself."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Content)
decode_summary = msgspec.msgpack.Decoder(KeptSummary).decode
decode_metrics = msgspec.msgpack.Decoder(dict[int, dict[str, int | float | None]]).decode
encode = _ENCODER.encode


class SummaryFile:
    """Opened for one folder. Never raises."""

    def __init__(self, root: Path) -> None:
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()
        self.path = paths.cache_folder() / "summaries" / f"{digest[:24]}.msgpack"
        self._answers = True
        content = self._read()
        self.groups = content.groups
        self.specs = SpecTable(content.specs)

    def _read(self) -> _Content:
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            try:
                data = memoryview(read_own_file(self.path, MAX_BYTES))
            except TimeoutError:
                self._answers = False
                raise
            checksum, content = data[:CHECKSUM_BYTES], data[CHECKSUM_BYTES:]
            if _checksum(content) == checksum and (found := _DECODER.decode(content)).release == RELEASE:
                return found
        return _Content(RELEASE, {}, {})

    def write(self, groups: dict[str, KeptGroup], specs: dict[int, msgspec.Raw]) -> None:
        """Replace the file; then remove what nobody needs any more."""
        if not self._answers:
            return
        content = _ENCODER.encode(_Content(RELEASE, specs, groups))
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, _checksum(content) + content, durable=False, mode=0o600)
            _remove_old(self.path.parent)


def _checksum(content: bytes | memoryview) -> bytes:
    return zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "little")


def _remove_old(folder: Path) -> None:
    """Remove the files of folders that were not listed for long, and what processes left that were killed."""
    now = time.time()
    with os.scandir(folder) as entries:
        for entry in entries:
            limit = LEFT_OVER_SECONDS if entry.name.startswith(TEMPORARY_PREFIX) else UNUSED_SECONDS
            with suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > limit:
                    os.unlink(entry.path)
