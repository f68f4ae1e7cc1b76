"""The nearest pictures of a corpus to frames of trajectories, and which frames are new by the corpus' own threshold."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riptui.arrays import FeatureVector
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.corpus_writer import to_unit
from riptui.corpus.novelty import (
    LEVEL,
    NoveltyThreshold,
    ShareEstimate,
    find_threshold,
    read_similarities,
    wilson_interval,
)
from riptui.corpus.similar_vectors import find_nearest
from riptui.errors import DeviceMemoryError, InputError, RiptuiError
from riptui.export.tables import TableCell
from riptui.features import FeatureExtractor
from riptui.results.curves import drop_copies
from riptui.spec import Spec
from riptui.store.annotations import peek_annotations
from riptui.store.feature_file import compute_features
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_count, format_inpainted

USABLE = "usable"
"""The tag of trajectories whose outputs a person found usable."""

OnNearestProgress = Callable[[int, int], None]
"""Called as `on_progress(done, total)`, with counts of trajectories."""


@dataclass(frozen=True)
class NearPicture:
    """A picture of the corpus, and how near it is to a frame."""

    path: Path
    similarity: float
    """Cosine of the features, -1 to 1."""
    is_copy: bool
    """Whether it has the pixels of the frame."""

    def describe(self) -> str:
        """a copy, or 0.9512."""
        return "a copy" if self.is_copy else f"{self.similarity:.4f}"


@dataclass(frozen=True)
class FrameNeighbours:
    """The nearest pictures to a frame, the nearest first; without the picture that the frame was made from.

    There are none if the corpus has nothing but that picture.
    """

    trajectory: Trajectory
    spec: Spec
    k: int
    pictures: Sequence[NearPicture]
    novel: bool
    tagged: bool
    """Whether the trajectory, or a group above it, has the tag of usable ones."""
    sources: int
    """Pictures of the corpus that are the frame's own source, which were left out."""

    @property
    def inpainted(self) -> float:
        return self.spec.inpainted(self.k)

    @property
    def similarity(self) -> float:
        """To the nearest picture; -1 if there is none."""
        return self.pictures[0].similarity if self.pictures else -1.0


@dataclass(frozen=True)
class NearestFrames:
    """The nearest pictures to all frames, the least novel frame first, and how many are novel."""

    corpus: str
    features: str
    pictures: int
    """In the corpus."""
    frames: Sequence[FrameNeighbours]
    threshold: NoveltyThreshold
    tag: str
    novel: ShareEstimate
    """Of all frames."""
    novel_tagged: ShareEstimate
    """Of the frames with the tag."""
    left_out: Sequence[str]
    """What was left out, each with the reason."""
    notes: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers that are not finite are nan."""
        return {
            "corpus": self.corpus,
            "features": self.features,
            "pictures": self.pictures,
            "threshold": asdict(self.threshold),
            "rule": self.threshold.describe(),
            "novel": asdict(self.novel),
            "tag": self.tag,
            "novel_tagged": asdict(self.novel_tagged),
            "frames": [describe_frame(frame) for frame in self.frames],
            "left_out": list(self.left_out),
            "notes": list(self.notes),
        }


def describe_frame(frame: FrameNeighbours) -> dict[str, Any]:
    return {
        "path": str(frame.trajectory.path),
        "source": frame.spec.source_name,
        "image": frame.spec.original_sha256,
        "inpainter": frame.spec.inpainter,
        "mask": frame.spec.mask,
        "seed": frame.spec.seed,
        "k": frame.k,
        "inpainted": frame.inpainted,
        "novel": frame.novel,
        "tagged": frame.tagged,
        "own_sources": frame.sources,
        "nearest": [
            {"path": str(near.path), "similarity": near.similarity, "copy": near.is_copy} for near in frame.pictures
        ],
    }


def nearest_rows(nearest: NearestFrames) -> list[dict[str, TableCell]]:
    """A row for each frame and picture, all with the same columns in the same order, and the same threshold."""
    shared = ("inpainter", "mask", "seed", "k", "inpainted", "tagged", "novel")
    return [
        {
            "path": printable(found["path"]),
            "source": printable(found["source"]),
            **{name: found[name] for name in shared},
            "threshold": nearest.threshold.similarity,
            "rank": rank,
            "similarity": near["similarity"],
            "copy": near["copy"],
            "nearest": printable(near["path"]),
        }
        for found in map(describe_frame, nearest.frames)
        for rank, near in enumerate(found["nearest"], 1)
    ]


@dataclass(frozen=True)
class NearestQuestion:
    """Which frames are compared, and from where on they are new."""

    at: float | None = None
    """% inpainted; None: the end."""
    count: int = 5
    """Pictures per frame."""
    level: float = LEVEL
    tag: str = USABLE
    folders: Sequence[Path] = ()
    """Up to which tags of groups count."""
    keep: bool = True
    """Whether to store features that are computed now."""


def find_nearest_pictures(
    summaries: Iterable[TrajectorySummary],
    index: CorpusIndex,
    extractor: FeatureExtractor,
    question: NearestQuestion,
    on_progress: OnNearestProgress = lambda done, total: None,
) -> NearestFrames:
    """Compare a frame of each trajectory with the corpus. Never raises for one trajectory.

    Raises InputError if the extractor is not the corpus', or the corpus has too few pictures; DeviceMemoryError,
    DiskError.
    """
    if extractor.identity != index.manifest.identity:
        raise InputError(
            f"corpus {index.name} was indexed by other features ({index.manifest.identity}) than these "
            f"({extractor.identity}): index it again, riptui corpus remove {index.name} first"
        )
    index.require_pictures()
    threshold = find_threshold(read_similarities(index), question.level)
    distinct = drop_copies(summary for summary in summaries if summary.spec)
    queries, left_out = _compute_queries(distinct, extractor, question, on_progress)
    frames = _compare(queries, index, threshold, question)
    frames.sort(key=lambda frame: (-frame.similarity, str(frame.trajectory.path)))
    tagged = [frame for frame in frames if frame.tagged]
    return NearestFrames(
        index.name,
        index.manifest.features,
        len(index.pictures),
        frames,
        threshold,
        question.tag,
        wilson_interval(sum(frame.novel for frame in frames), len(frames)),
        wilson_interval(sum(frame.novel for frame in tagged), len(tagged)),
        left_out,
        [*_compare_preparation(frames, index)],
    )


class FrameQuery(NamedTuple):
    """A frame that is compared."""

    trajectory: Trajectory
    k: int
    sha256: str
    """Of its pixels."""
    vector: FeatureVector


def _compute_queries(
    summaries: Sequence[TrajectorySummary],
    extractor: FeatureExtractor,
    question: NearestQuestion,
    on_progress: OnNearestProgress,
) -> tuple[list[FrameQuery], list[str]]:
    """The frames with their vectors; and why others are left out."""
    queries, left_out, unfinished = [], [], 0
    for done, summary in enumerate(summaries):
        on_progress(done, len(summaries))
        trajectory = summary.trajectory
        try:
            spec = trajectory.spec
            k = spec.iterations if question.at is None else spec.reaches(question.at)
            if k > summary.k:
                unfinished += 1
                continue
            [vector] = compute_features(trajectory, extractor, [k], keep=question.keep).values()
            sha256 = trajectory.read_rows()[k - 1].sha256 if k else spec.original_sha256
            queries.append(FrameQuery(trajectory, k, sha256, to_unit(vector)))
        except DeviceMemoryError:
            raise
        except RiptuiError as error:
            left_out.append(str(error))
    on_progress(len(summaries), len(summaries))
    if unfinished:
        where = "the end" if question.at is None else format_inpainted(question.at)
        left_out.append(f"not computed to {where}: {format_count(unfinished, 'trajectory')}; see riptui resume")
    return queries, left_out


def _compare(
    queries: Sequence[FrameQuery], index: CorpusIndex, threshold: NoveltyThreshold, question: NearestQuestion
) -> list[FrameNeighbours]:
    if not queries:
        return []
    sources = [_find_sources(query.trajectory.spec, index) for query in queries]
    vectors = np.stack([query.vector for query in queries])
    found = find_nearest(index.vectors, vectors, question.count, sources, index.replaced)
    return [
        FrameNeighbours(
            query.trajectory,
            query.trajectory.spec,
            query.k,
            pictures,
            novel=not pictures or (pictures[0].similarity < threshold.similarity and not pictures[0].is_copy),
            tagged=_has_tag(query.trajectory, question),
            sources=len(own),
        )
        for query, own, similarities, numbers in zip(queries, sources, *map(np.ndarray.tolist, found), strict=True)
        for pictures in [_name_pictures(query, index, similarities, numbers)]
    ]


def _name_pictures(
    query: FrameQuery, index: CorpusIndex, similarities: Sequence[float], numbers: Sequence[int]
) -> list[NearPicture]:
    """Those with the frame's very pixels first, whatever rounding made of their similarity."""
    found = [
        NearPicture(
            Path(index.manifest.folder, picture.path), similarity, is_copy=picture.pixels_sha256 == query.sha256
        )
        for similarity, number in zip(similarities, numbers, strict=True)
        if number >= 0
        for picture in [index.by_vector[number]]
    ]
    return sorted(found, key=lambda near: (not near.is_copy, -near.similarity))


def _find_sources(spec: Spec, index: CorpusIndex) -> set[int]:
    """The pictures that a trajectory was made from: the same file, or the same pixels."""
    return {*index.files.get(spec.source_sha256, ()), *index.copies.get(spec.original_sha256, ())}


def _has_tag(trajectory: Trajectory, question: NearestQuestion) -> bool:
    """Whether a trajectory, or a group above it up to the given folders, has the tag."""
    folders = {folder.absolute() for folder in question.folders}
    for folder in (trajectory.path.absolute(), *trajectory.path.absolute().parents):
        if question.tag in peek_annotations(folder).tags:
            return True
        if folder in folders or not folders:
            break
    return False


def _compare_preparation(frames: Sequence[FrameNeighbours], index: CorpusIndex) -> Iterator[str]:
    """What makes exact copies invisible: pictures that were prepared otherwise than the frames."""
    manifest = index.manifest
    unlike = sum((frame.spec.size, frame.spec.fit) != (manifest.size, manifest.fit) for frame in frames)
    if unlike:
        yield (
            f"the corpus was prepared at {manifest.size} px with fit {manifest.fit}, and "
            f"{format_count(unlike, 'frame')} otherwise: copies of these are not recognised by their pixels"
        )
