"""How unlike frames are to each other: by the features of an extractor, or by a metric between each two of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from riptui.arrays import Distances, FeatureVector, FeatureVectors, Image
from riptui.errors import InputError, RiptuiError, with_choices
from riptui.features import FeatureExtractor, feature_extractor_names, find_extractor, load_extractor
from riptui.metrics import REGISTRY, Metric, base_name, find_metric, load
from riptui.metrics.display import format_result
from riptui.metrics.pairwise import PairwiseMetric
from riptui.results.panel import distance_function, is_distance
from riptui.results.seed_sets import SeedSet, SetMember
from riptui.results.similarity import (
    DistanceMatrix,
    SimilarityMatrix,
    bit_similarities,
    cosine_similarities,
    hamming_distances,
    to_distances,
)
from riptui.store.feature_file import compute_features, read_features, stored_extractors
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory

HASH = "phash"
"""The features that are bits, compared by the Hamming distance; all others by the cosine of their angle."""

STORED_BEST_FIRST = ("dinov2", "clip", "inception", "inception-torchvision")
"""Features that a report uses if they are stored for all frames; those by other extractors come after them."""

BLOCK = 8
"""Frames whose features by a metric are in memory at once: 1 GB for lpips-vgg at 512 px."""

OnPairs = Callable[[int, int], None]
"""Called as `on_pairs(done, total)` while frames are compared pair by pair."""
ReadItem = Callable[[], Image | FeatureVector]
"""Gives what is compared of a frame. Raises what reading the frame raises."""


@dataclass(frozen=True, eq=False)
class ComparedFrames:
    """How unlike some frames are, in the order in which they were given."""

    distances: DistanceMatrix
    similarities: SimilarityMatrix | None
    """None for a metric: its distances are not those of vectors, which a Vendi score needs."""


class FrameComparison(Protocol):
    """A way to compare frames."""

    @property
    def name(self) -> str:
        """As it was asked for."""
        ...

    @property
    def unit(self) -> str:
        """What a distance is, in words, e.g. "bits of 64"; "" if the name says it."""
        ...

    def read(self, trajectory: Trajectory, numbers: Iterable[int]) -> Mapping[int, ReadItem]:
        """What is compared of these frames. Raises InputError, DamagedError, DeviceMemoryError, DiskError."""
        ...

    def compare(self, items: Sequence[ReadItem], on_pairs: OnPairs) -> ComparedFrames:
        """Compare each two frames. Raises as `read`."""
        ...


@dataclass(frozen=True)
class FeatureComparison:
    """Compares the features of frames, which are kept beside them unless `keep` is false."""

    extractor: FeatureExtractor
    keep: bool = True

    @property
    def name(self) -> str:
        return self.extractor.name

    @property
    def unit(self) -> str:
        return f"bits of {self.extractor.dimension}" if self._has_bits else "1 - cosine"

    def read(self, trajectory: Trajectory, numbers: Iterable[int]) -> Mapping[int, ReadItem]:
        """The vectors of frames `numbers`, stored or computed now. Raises DamagedError, DiskError."""
        vectors = compute_features(trajectory, self.extractor, numbers, keep=self.keep)
        return {k: partial(_return, vector) for k, vector in vectors.items()}

    def compare(self, items: Sequence[ReadItem], on_pairs: OnPairs) -> ComparedFrames:
        """All pairs: how many bits of a hash differ, else 1 - cosine; with the similarities."""
        vectors = np.array([item() for item in items], np.float32)
        if self._has_bits:
            return ComparedFrames(hamming_distances(vectors), bit_similarities(vectors))
        return _compare_angles(vectors)

    @property
    def _has_bits(self) -> bool:
        return self.extractor.name == HASH


@dataclass(frozen=True)
class StoredComparison:
    """Compares the features of frames that were stored before, without the network that computed them."""

    name: str
    identity: str
    """Of the extractor: vectors of others are not compared with these."""
    unit: str = "1 - cosine"

    def read(self, trajectory: Trajectory, numbers: Iterable[int]) -> Mapping[int, ReadItem]:
        """The stored vectors of frames `numbers`. Raises InputError if one is missing, or is by another extractor."""
        stored = read_features(trajectory, self.name)
        wanted = [*numbers]
        if stored.identity != self.identity or not stored.vectors.keys() >= {*wanted}:
            raise InputError(f"{trajectory.path} lacks features by {self.name}: riptui measure --metrics {self.name}")
        return {k: partial(_return, stored.vectors[k]) for k in wanted}

    def compare(self, items: Sequence[ReadItem], on_pairs: OnPairs) -> ComparedFrames:
        """All pairs: 1 - cosine, and the cosine."""
        return _compare_angles(np.array([item() for item in items], np.float32))


@dataclass(frozen=True)
class MetricComparison:
    """Compares frames by a metric that is a distance of two pictures, pair by pair."""

    name: str
    device: str = ""

    @property
    def unit(self) -> str:
        info = find_metric(self.name)
        turned = f"{info.range[1]:g} - {self.name}" if info.higher_means == "closer" else ""
        return turned or info.unit

    def read(self, trajectory: Trajectory, numbers: Iterable[int]) -> Mapping[int, ReadItem]:
        """Frames `numbers`, uint8 [size, size, 3], each read when it is compared."""
        return {k: partial(read_frame, trajectory, k) for k in numbers}

    def compare(self, items: Sequence[ReadItem], on_pairs: OnPairs) -> ComparedFrames:
        """All pairs by the metric, as distances; no similarities."""
        metric, to_distance = load(self.name, self.device), distance_function(self.name)
        frames = [item() for item in items]
        distances = np.zeros((len(frames), len(frames)))
        done, total = 0, len(frames) * (len(frames) - 1) // 2
        for start in range(0, len(frames), BLOCK):
            rows = range(start, min(start + BLOCK, len(frames)))
            prepared = {row: metric.prepare(frames[row]) for row in rows}
            for column in range(start + 1, len(frames)):
                before = [row for row in rows if row < column]
                values = _measure_each(metric, [prepared[row] for row in before], frames[column])
                distances[before, column] = distances[column, before] = to_distance(values)
                done += len(before)
                on_pairs(done, total)
        return ComparedFrames(distances, None)


def load_comparison(name: str, device: str = "", *, keep: bool = True) -> FrameComparison:
    """A comparison by the name of an extractor of features, NAME or NAME:MODEL, or of a metric.

    keep: whether features that are computed are stored. Raises InputError for any other name, or a metric that is no
    distance of two pictures; as `load_extractor`.
    """
    if name.partition(":")[0] in feature_extractor_names():
        find_extractor(name)
        return FeatureComparison(load_extractor(name, device), keep)
    if name not in REGISTRY:
        if base_name(name) in REGISTRY:
            raise InputError(f"{name}: frames are compared as a whole; use {base_name(name)}")
        choices = [*feature_extractor_names(), *filter(is_distance, REGISTRY)]
        raise InputError(with_choices(f"unknown features or metric {name!r}", name, choices))
    if not is_distance(name):
        raise InputError(f"{name} is not a distance: use lpips-alex, ssim (taken as 1 - ssim) or delta-e")
    load(name, device)
    return MetricComparison(name, device)


def format_distance(distance: float, unit: str) -> str:
    """A distance with its unit: "12 bits of 64", "0.1232 (1 - cosine)"."""
    if unit.startswith("bits"):
        return f"{distance:.3g} {unit}"
    return f"{format_result(distance)} ({unit})" if unit else format_result(distance)


def choose_comparison(sets: Sequence[SeedSet]) -> FrameComparison:
    """The best features that are stored for all frames of the sets at every 50 %, or the perceptual hash.

    No network is loaded, and nothing is stored.
    """
    return next(_stored_comparisons(sets), None) or load_comparison(HASH, keep=False)


def list_comparisons(sets: Sequence[SeedSet]) -> list[FrameComparison]:
    """By each kind of features that is stored for all frames of the sets at every 50 %, the best first, and by the
    perceptual hash. No network is loaded, and nothing is stored.
    """
    return [*_stored_comparisons(sets), load_comparison(HASH, keep=False)]


def _stored_comparisons(sets: Sequence[SeedSet]) -> Iterator[StoredComparison]:
    first = sets[0].members[0].trajectory
    for name in sorted(set(stored_extractors(first)) - {HASH}, key=_rank):
        comparison = StoredComparison(name, read_features(first, name).identity)
        if comparison.identity and all(
            _has_vectors(comparison, member) for seed_set in sets for member in seed_set.members
        ):
            yield comparison


def _rank(name: str) -> tuple[int, str]:
    base = name.partition(":")[0]
    known = base in STORED_BEST_FIRST
    return STORED_BEST_FIRST.index(base) if known else len(STORED_BEST_FIRST), name


def _has_vectors(comparison: StoredComparison, member: SetMember) -> bool:
    try:
        comparison.read(member.trajectory, [k for k in member.spec.point_iterations() if k])
    except RiptuiError:
        return False
    return True


def _measure_each(metric: Metric, references: Sequence[Any], frame: Image) -> Distances:
    """One frame against several references; the frame's own features are computed once, where there are any."""
    if isinstance(metric, PairwiseMetric):
        features = metric.features(frame)
        return np.array([metric.distance(reference, features) for reference in references], np.float64)
    return np.concatenate([metric.measure(reference, frame[None]) for reference in references])


def _compare_angles(vectors: FeatureVectors) -> ComparedFrames:
    similarities = cosine_similarities(vectors)
    return ComparedFrames(to_distances(similarities), similarities)


def _return(vector: FeatureVector) -> FeatureVector:
    return vector
