"""Whether pictures of one set are where those of the other are: in a ball that reaches to a picture's k-th neighbour.

Precision and recall with k = 3 (Kynkäänniemi et al. 2019), density and coverage with k = 5 (Naeem et al. 2020).
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
    """Share of the frames in the ball of any reference."""
    return _statistic(frames, references, PRECISION_NEIGHBOURS, _share_inside)


def recall(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the references in the ball of any frame."""
    return _statistic(references, frames, PRECISION_NEIGHBOURS, _share_inside)


def density(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """In how many references' balls a frame is, divided by k; about 1 for sets of one distribution."""
    return _statistic(
        frames,
        references,
        DENSITY_NEIGHBOURS,
        lambda inside, drawn: float(drawn @ inside @ drawn / drawn.sum() / DENSITY_NEIGHBOURS),
    )


def coverage_prdc(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the references whose ball has any frame in it."""
    return _statistic(frames, references, DENSITY_NEIGHBOURS, lambda inside, drawn: _share_inside(inside.T, drawn))


def _share_inside(inside: Inside, drawn: Drawn) -> float:
    return float(drawn @ inside[:, drawn > 0].any(axis=1) / drawn.sum())


def _statistic(
    tested: FeatureVectors, centres: FeatureVectors, k: int, summary: Callable[[Inside, Drawn], float]
) -> SetStatistic:
    """summary: of which of the tested are in whose ball, and how often each picture is drawn."""
    between = _distances(centres, centres)
    np.fill_diagonal(between, np.inf)
    order = np.argsort(between, axis=1)
    nearest = np.take_along_axis(between, order, axis=1)
    distances = _distances(tested, centres)

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        return np.array([summary(distances <= _radii(nearest, order, drawn, k), drawn) for drawn in counts])

    return statistic


def _radii(nearest: SquaredDistances, order: Int64[np.ndarray, "pictures pictures"], drawn: Drawn, k: int) -> Drawn:
    """Of each picture, the distance to the k-th of the pictures drawn, itself left out."""
    reached = np.cumsum(drawn[order], axis=1) >= k
    found: Drawn = np.take_along_axis(nearest, reached.argmax(axis=1)[:, None], axis=1)[:, 0]
    return found


def _distances(first: FeatureVectors, second: FeatureVectors) -> SquaredDistances:
    """Squared distances; exactly 0 for equal rows."""
    found: SquaredDistances = scipy.spatial.distance.cdist(
        first.astype(np.float64), second.astype(np.float64), "sqeuclidean"
    )
    return found
