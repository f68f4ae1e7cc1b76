"""Appends pictures to an index. A line is written once its vector is on the disk: a crash leaves no false one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np

from riptui.arrays import FeatureVector
from riptui.corpus.corpus_files import (
    MANIFEST,
    NUMBER_BYTES,
    PICTURES,
    VECTORS,
    CorpusManifest,
    CorpusPicture,
    corpus_folder,
    has_manifest,
    locked,
    read_manifest,
)
from riptui.corpus.corpus_index import read_committed
from riptui.errors import InputError
from riptui.filesystem import write_at, write_atomically
from riptui.store.disk_errors import explain_errors
from riptui.store.records import encode_line

Entry = tuple[CorpusPicture, FeatureVector | None]
"""A picture and its vector, None if it has none. The picture's number of the vector is set when it is written."""


class CorpusWriter:
    """An index that is open for adding; see `open_corpus`."""

    def __init__(self, folder: Path, manifest: CorpusManifest) -> None:
        """Recover the folder: what a crash left half written is cut off. Raises DiskError."""
        self._dimension = manifest.dimension
        rows, ends = read_committed(folder, manifest.dimension)
        self.newest: dict[str, CorpusPicture] = {row.path: row for row in rows}
        """The last row of each path, those that are gone or unreadable included."""
        self._vectors = max((row.vector for row in rows), default=-1) + 1
        self._end = ends[-1] if ends else 0
        self._folder = folder
        self._files = {name: _open(folder / name) for name in (PICTURES, VECTORS)}
        with explain_errors(folder):
            os.ftruncate(self._files[PICTURES], self._end)
            os.ftruncate(self._files[VECTORS], self._vectors * self._row_bytes)

    @property
    def known(self) -> Mapping[str, CorpusPicture]:
        """The readable pictures by path."""
        return {path: row for path, row in self.newest.items() if row.vector >= 0}

    @property
    def _row_bytes(self) -> int:
        return self._dimension * NUMBER_BYTES

    def add(self, entries: Sequence[Entry]) -> None:
        """Commit pictures, durably. Raises DiskError; then some of them may be in the index, each of them whole."""
        vectors = [to_unit(vector) for _, vector in entries if vector is not None]
        rows, count = [], self._vectors
        for picture, vector in entries:
            number = -1 if vector is None else count
            count += vector is not None
            rows.append(msgspec.structs.replace(picture, vector=number))
        lines = b"".join(map(encode_line, rows))
        with explain_errors(self._folder):
            if vectors:
                data = np.stack(vectors).astype("<f4").tobytes()
                write_at(self._files[VECTORS], data, self._vectors * self._row_bytes)
                os.fsync(self._files[VECTORS])
            write_at(self._files[PICTURES], lines, self._end)
            os.fsync(self._files[PICTURES])
        self._vectors, self._end = count, self._end + len(lines)
        self.newest |= {row.path: row for row in rows}

    def close(self) -> None:
        for fd in self._files.values():
            with suppress(OSError):
                os.close(fd)


@contextmanager
def open_corpus(name: str, manifest: CorpusManifest) -> Iterator[CorpusWriter]:
    """Open an index to add to it; it is created if there is none.

    Raises InputError if there is one of that name that was made of another folder or otherwise; NameRefusedError,
    HeldError, DamagedError, DiskError.
    """
    folder = corpus_folder(name)
    with locked(folder):
        if has_manifest(folder):
            _require_same(name, read_manifest(name), manifest)
        else:
            with explain_errors(folder):
                write_atomically(folder / MANIFEST, msgspec.json.encode(manifest))
        writer = CorpusWriter(folder, manifest)
        try:
            yield writer
        finally:
            writer.close()


def to_unit(vector: FeatureVector) -> FeatureVector:
    """The vector scaled to length 1; a vector of zeros stays one."""
    length = float(np.linalg.norm(vector.astype(np.float64)))
    unit: FeatureVector = (vector / length).astype(np.float32) if length > 0 else vector.astype(np.float32)
    return unit


def _require_same(name: str, found: CorpusManifest, wanted: CorpusManifest) -> None:
    differing = [
        f"{field} {getattr(found, field)} and not {getattr(wanted, field)}"
        for field in ("folder", "features", "identity", "size", "fit", "recursive")
        if getattr(found, field) != getattr(wanted, field)
    ]
    if differing:
        raise InputError(
            f"corpus {name} was made otherwise ({'; '.join(differing)}): choose another --name, or "
            f"riptui corpus remove {name}"
        )


def _open(path: Path) -> int:
    with explain_errors(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
