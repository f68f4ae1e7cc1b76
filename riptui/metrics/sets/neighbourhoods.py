"""Precision, recall, density and coverage: which pictures are among the neighbours of the other set's pictures.

A picture's ball reaches to its k-th nearest neighbour in its own set: k = 3 for precision and recall (Kynkäänniemi et
al. 2019), 5 for density and coverage (Naeem et al. 2020). All are 0 to 1, but for density, which has no upper end.
"""

from collections.abc import Callable

import numpy as np
import scipy

from riptui.arrays import Bool, FeatureVectors, Float64, Int64
from riptui.metrics.sets.set_metrics import Counts, SetStatistic

SquaredDistances = Float64[np.ndarray, "pictures pictures"]
Inside = Bool[np.ndarray, "pictures pictures"]
Drawn = Float64[np.ndarray, " pictures"]
PRECISION_NEIGHBOURS, DENSITY_NEIGHBOURS = 3, 5


def precision(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the frames that are in the ball of any reference."""
    return _statistic(frames, references, PRECISION_NEIGHBOURS, _share_inside)


def recall(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the references that are in the ball of any frame."""
    return _statistic(references, frames, PRECISION_NEIGHBOURS, _share_inside)


def density(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Mean number of references' balls that a frame is in, divided by k; about 1 for sets of one distribution."""
    return _statistic(
        frames,
        references,
        DENSITY_NEIGHBOURS,
        lambda inside, drawn: float(drawn @ inside @ drawn / drawn.sum() / DENSITY_NEIGHBOURS),
    )


def coverage_prdc(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the references whose ball contains any frame."""
    return _statistic(frames, references, DENSITY_NEIGHBOURS, lambda inside, drawn: _share_inside(inside.T, drawn))


def _share_inside(inside: Inside, drawn: Drawn) -> float:
    return float(drawn @ inside[:, drawn > 0].any(axis=1) / drawn.sum())


def _statistic(
    tested: FeatureVectors, centres: FeatureVectors, k: int, summary: Callable[[Inside, Drawn], float]
) -> SetStatistic:
    """summary: its arguments are whether tested picture i is in the ball of centre j, and how often each is drawn."""
    between = _distances(centres, centres)
    np.fill_diagonal(between, np.inf)
    order = np.argsort(between, axis=1)
    nearest = np.take_along_axis(between, order, axis=1)
    distances = _distances(tested, centres)

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        return np.array([summary(distances <= _radii(nearest, order, drawn, k), drawn) for drawn in counts])

    return statistic


def _radii(nearest: SquaredDistances, order: Int64[np.ndarray, "pictures pictures"], drawn: Drawn, k: int) -> Drawn:
    """Each picture's squared distance to the k-th nearest of the pictures drawn, itself left out."""
    reached = np.cumsum(drawn[order], axis=1) >= k
    found: Drawn = np.take_along_axis(nearest, reached.argmax(axis=1)[:, None], axis=1)[:, 0]
    return found


def _distances(first: FeatureVectors, second: FeatureVectors) -> SquaredDistances:
    """Squared Euclidean distances; exactly 0 for equal rows."""
    found: SquaredDistances = scipy.spatial.distance.cdist(
        first.astype(np.float64), second.astype(np.float64), "sqeuclidean"
    )
    return found
