"""An index as readers see it: the pictures that are in it now, and their vectors, which stay on disk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from riptui.arrays import FeatureVectors
from riptui.corpus.corpus_files import (
    NUMBER_BYTES,
    PICTURES,
    VECTORS,
    CorpusManifest,
    CorpusPicture,
    corpus_folder,
    read_manifest,
)
from riptui.errors import InputError
from riptui.store.disk_errors import explain_errors
from riptui.store.records import parse_valid_prefix
from riptui.text.units import format_count


class CorpusIndex:
    """The committed pictures of an index; another process may add more meanwhile. Raises DamagedError, DiskError."""

    def __init__(self, name: str) -> None:
        """Raises InputError if there is no index of that name."""
        self.name = name
        self.manifest: CorpusManifest = read_manifest(name)
        self.folder: Path = corpus_folder(name)
        rows, _ = read_committed(self.folder, self.manifest.dimension)
        newest = {row.path: row for row in rows}.values()
        self.pictures: Sequence[CorpusPicture] = [row for row in newest if row.vector >= 0]
        """Those with a vector."""
        self.unreadable: Sequence[CorpusPicture] = [row for row in newest if row.error]

    @cached_property
    def vectors(self) -> FeatureVectors:
        """All vectors on disk, mapped into memory and read-only, those of replaced pictures included; see `rows`."""
        count = max((picture.vector for picture in self.pictures), default=-1) + 1
        shape = count, self.manifest.dimension
        if not count:
            return np.zeros(shape, np.float32)
        with explain_errors(self.folder / VECTORS):
            return np.memmap(self.folder / VECTORS, "<f4", "r", shape=shape)

    @cached_property
    def by_vector(self) -> Mapping[int, CorpusPicture]:
        """The pictures by the number of their vector."""
        return {picture.vector: picture for picture in self.pictures}

    @cached_property
    def replaced(self) -> Collection[int]:
        """The numbers of the vectors that belong to no picture any more."""
        return set(range(len(self.vectors))) - self.by_vector.keys()

    @cached_property
    def copies(self) -> Mapping[str, Sequence[int]]:
        """The numbers of the vectors by the SHA-256 of the pixels."""
        return _group((picture.pixels_sha256, picture.vector) for picture in self.pictures)

    @cached_property
    def files(self) -> Mapping[str, Sequence[int]]:
        """The numbers of the vectors by the SHA-256 of the file."""
        return _group((picture.sha256, picture.vector) for picture in self.pictures)

    def require_pictures(self) -> None:
        """Raise InputError if there are fewer than two pictures."""
        if len(self.pictures) < 2:
            raise InputError(
                f"corpus {self.name} has {format_count(len(self.pictures), 'readable picture')}, and 2 are needed: "
                f"index a folder with more (it is of {self.manifest.folder})"
            )


def read_committed(folder: Path, dimension: int) -> tuple[list[CorpusPicture], list[int]]:
    """The rows whose vector is on disk, and the offset of the end of each. Raises DiskError."""
    with explain_errors(folder):
        data = (folder / PICTURES).read_bytes() if (folder / PICTURES).exists() else b""
        size = (folder / VECTORS).stat().st_size if (folder / VECTORS).exists() else 0
    rows, ends = parse_valid_prefix(data, CorpusPicture)
    stored = size // (dimension * NUMBER_BYTES)
    kept = next((at for at, row in enumerate(rows) if row.vector >= stored), len(rows))
    return rows[:kept], ends[:kept]


def _group(pairs: Iterable[tuple[str, int]]) -> Mapping[str, Sequence[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for key, number in pairs:
        found[key].append(number)
    return found
