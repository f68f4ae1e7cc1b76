"""Whether different pictures end alike: attractors. Distances of features between ends, against those of originals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy

from riptui.arrays import FeatureVectors, Float64
from riptui.errors import DeviceMemoryError, RiptuiError
from riptui.features import FeatureExtractor
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import group_by, with_key
from riptui.results.end_looks import OnEndsProgress, TrajectoryEnd
from riptui.results.pair_distances import PairDistances, average_pairs, estimate_ratio
from riptui.results.panel import condition_settings
from riptui.spec import ParameterValue
from riptui.store.feature_file import compute_features

ALIKE_QUANTILE = 0.05
"""Two ends are alike if they are nearer than this share of the pairs of originals are."""
MIN_IMAGES = 3
"""The least pictures of which it can be said whether they end alike."""


@dataclass(frozen=True)
class EndCluster:
    """Trajectories whose ends are all alike."""

    trajectories: int
    images: int
    """Different pictures among them."""
    paths: Sequence[str]


@dataclass(frozen=True)
class EndStates:
    """The ends of the trajectories of one condition and mask size."""

    settings: Mapping[str, ParameterValue]
    trajectories: int
    images: int
    ratio: IntervalEstimate
    """Mean distance between the ends of two pictures, divided by that between their originals; below 1: attracted."""
    radius: float
    """Distance below which two ends are alike."""
    clusters: Sequence[EndCluster]
    """The largest first. One that holds several pictures is an attractor."""


@dataclass(frozen=True)
class AttractionAnalysis:
    """The ends of all conditions, by one kind of features."""

    features: str
    groups: Sequence[EndStates]
    left_out: Sequence[str]
    """What was left out, each with the reason."""

    def describe(self) -> str:
        return (
            f"alike: ends nearer, by {self.features}, than the nearest {100 * ALIKE_QUANTILE:g} % of originals; "
            "in a cluster all are alike (complete linkage)"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers that are not finite are nan."""
        return {
            "features": self.features,
            "rule": self.describe(),
            "groups": [with_key(asdict(group)) for group in self.groups],
            "left_out": list(self.left_out),
        }


def analyse_attraction(
    ends: Sequence[TrajectoryEnd],
    extractor: FeatureExtractor,
    on_progress: OnEndsProgress = lambda done, total: None,
    *,
    keep: bool = True,
) -> AttractionAnalysis:
    """Compare the ends of different pictures, by condition and mask size. Never raises for one trajectory.

    Groups of fewer than MIN_IMAGES pictures are left out. keep: whether to store features that are computed now.
    Raises DeviceMemoryError.
    """
    vectors: dict[str, FeatureVectors] = {}
    left_out: list[str] = []
    for done, end in enumerate(ends):
        on_progress(done, len(ends))
        try:
            found = compute_features(end.trajectory, extractor, [0, end.spec.iterations], keep=keep)
            vectors[end.spec.digest] = np.stack([*found.values()])
        except DeviceMemoryError:
            raise
        except RiptuiError as error:
            left_out.append(str(error))
    on_progress(len(ends), len(ends))
    known = [end for end in ends if end.spec.digest in vectors]
    by = [*condition_settings(known), "mask"]
    groups = [
        _compare_ends(dict(zip(by, key, strict=True)), members, vectors)
        for key, members in group_by(known, by).items()
        if len({end.image for end in members}) >= MIN_IMAGES
    ]
    return AttractionAnalysis(extractor.name, groups, left_out)


def unit_distances(vectors: FeatureVectors) -> Float64[np.ndarray, "rows rows"]:
    """Euclidean distances between vectors scaled to length 1: 0 to 2; a vector of zeros stays one."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
    distances: Float64[np.ndarray, "rows rows"] = scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(unit))
    return distances


def _compare_ends(
    settings: Mapping[str, ParameterValue], members: Sequence[TrajectoryEnd], vectors: Mapping[str, FeatureVectors]
) -> EndStates:
    ordered = sorted(members, key=lambda end: (end.image, end.spec.seed))  # so that intervals depend on no order
    stacked = np.stack([vectors[end.spec.digest] for end in ordered])
    starts, finals = unit_distances(stacked[:, 0]), unit_distances(stacked[:, 1])
    images = [end.image for end in ordered]
    before, after = (average_pairs([PairDistances(images, found)]) for found in (starts, finals))
    radius = float(np.quantile(before[np.triu_indices(len(before), 1)], ALIKE_QUANTILE, method="lower"))
    return EndStates(
        settings,
        len(ordered),
        len(before),
        estimate_ratio(after, before),
        radius,
        _cluster(ordered, finals, radius),
    )


def _cluster(
    ends: Sequence[TrajectoryEnd], distances: Float64[np.ndarray, "ends ends"], radius: float
) -> list[EndCluster]:
    tree = scipy.cluster.hierarchy.linkage(scipy.spatial.distance.squareform(distances), "complete")
    labels = scipy.cluster.hierarchy.fcluster(tree, np.nextafter(radius, 0), "distance")
    by_label: defaultdict[int, list[TrajectoryEnd]] = defaultdict(list)
    for label, end in zip(labels.tolist(), ends, strict=True):
        by_label[label].append(end)
    clusters = [
        EndCluster(len(found), len({end.image for end in found}), [str(end.trajectory.path) for end in found])
        for found in by_label.values()
    ]
    return sorted(clusters, key=lambda cluster: (-cluster.images, -cluster.trajectories, cluster.paths))
