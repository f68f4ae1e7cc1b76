"""FID: the squared Fréchet distance of the Gaussians with the means and covariances of two sets, Heusel et al. 2017."""

from typing import Any

import numpy as np

from riptui.arrays import FeatureVectors, Float64
from riptui.metrics.sets.set_metrics import Counts, SetStatistic

Centred = Float64[np.ndarray, "rows dimension"]
"""Rows whose products sum up to a covariance."""


def fid(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """tr (C D)^½ is the sum of the singular values of A Bᵀ, where C = AᵀA and D = BᵀB: the root of a matrix product is
    never formed, and few pictures need matrices of their number alone.
    """
    sets = frames.astype(np.float64), references.astype(np.float64)

    def distance(counts: Float64[np.ndarray, " pictures"]) -> float:
        (mean, rows), (other_mean, other_rows) = (_centre(vectors, counts) for vectors in sets)
        traces = (rows**2).sum() + (other_rows**2).sum()
        shared = np.linalg.svd(rows @ other_rows.T, compute_uv=False).sum()
        return float(((mean - other_mean) ** 2).sum() + traces - 2 * shared)

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        return np.array([distance(drawn) for drawn in counts])

    return statistic


def _centre(
    vectors: Float64[np.ndarray, "pictures dimension"], counts: Float64[np.ndarray, " pictures"]
) -> tuple[Float64[np.ndarray, " dimension"], Centred]:
    """The mean, and rows whose products sum up to the covariance (n - 1 in the denominator)."""
    total = counts.sum()
    mean = counts @ vectors / total
    drawn = counts > 0
    rows = np.sqrt(counts[drawn] / (total - 1))[:, None] * (vectors[drawn] - mean)
    reduced: Any = np.linalg.qr(rows, mode="r") if len(rows) > rows.shape[1] else rows
    return mean, reduced
