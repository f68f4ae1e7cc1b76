"""Finds and reads the nearest pictures for the screen. No Textual, and no network: torch would stall the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image as PilImage

from riptui.arrays import FeatureVectors
from riptui.corpus.corpus_files import CorpusManifest
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.nearest_pictures import FrameNeighbours, NearestFrames, NearestQuestion, find_nearest_pictures
from riptui.corpus.picture_loading import PreparedAs, load_picture
from riptui.errors import InputError, RiptuiError
from riptui.features import FeatureExtractor, load_extractor
from riptui.store.frames import read_frames
from riptui.store.listing import summarize
from riptui.store.trajectory import Trajectory

COUNT = 10
"""Nearest pictures per frame."""
WITHOUT_NETWORK = ("phash",)
"""Features that are computed here."""


@dataclass(frozen=True)
class StoredExtractor:
    """Stands for a network: gives the vectors that are stored, and computes none. A FeatureExtractor."""

    name: str
    identity: str
    dimension: int

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        raise InputError(f"no {self.name} features are stored of this frame: riptui nearest computes them")


@dataclass(frozen=True)
class NearestPair:
    """A frame, its original, and one of the nearest pictures, as pixels; None for what cannot be read."""

    frame: NDArray[np.uint8] | None
    original: NDArray[np.uint8] | None
    picture: NDArray[np.uint8] | None
    problem: str = ""


@dataclass(frozen=True)
class NearestLookup:
    """The result for a screen."""

    found: NearestFrames
    prepared: PreparedAs
    """How the corpus' pictures were prepared."""


def look_up(corpus: str, paths: Sequence[Path], folder: Path, k: int | None = None) -> NearestLookup:
    """Compare frame k of one trajectory, or the last frames of several, with a corpus. For a thread.

    `folder`: up to which tags of groups count. Raises InputError if no frame can be compared; DamagedError, DiskError.
    """
    index = CorpusIndex(corpus)
    at = None if k is None else Trajectory(paths[0]).spec.inpainted(k)
    question = NearestQuestion(at, COUNT, folders=[folder])
    summaries = [summarize(Trajectory(path)) for path in paths]
    found = find_nearest_pictures(summaries, index, _choose_extractor(index.manifest), question)
    if not found.frames:
        raise InputError(found.left_out[0] if found.left_out else "no trajectory can be read: see riptui check")
    return NearestLookup(found, PreparedAs(index.manifest.size, index.manifest.fit))


def read_pair(frame: FrameNeighbours, rank: int, prepared: PreparedAs) -> NearestPair:
    """Read a frame and one of its pictures, counted from 0. For a thread; never raises."""
    picture = load_picture(frame.pictures[rank].path, prepared) if frame.pictures else None
    problem = picture.error if picture else ""
    try:
        images = dict(read_frames(frame.trajectory, {0, frame.k}))
    except RiptuiError as error:
        return NearestPair(None, None, picture.image if picture else None, str(error))
    return NearestPair(images[frame.k], images[0], picture.image if picture else None, problem)


def _choose_extractor(manifest: CorpusManifest) -> FeatureExtractor:
    if manifest.features in WITHOUT_NETWORK:
        return load_extractor(manifest.features)
    return StoredExtractor(manifest.features, manifest.identity, manifest.dimension)
