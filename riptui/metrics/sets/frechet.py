"""FID: the squared Fréchet distance of Gaussians with the means and covariances of two sets, Heusel et al. 2017."""

from typing import Any, NamedTuple

import numpy as np

from riptui.arrays import FeatureVectors, Float64
from riptui.metrics.sets.set_metrics import Counts, SetStatistic

Centred = Float64[np.ndarray, "rows dimension"]
"""Rows A with AᵀA = the covariance."""


def fid(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """|m - n|² + tr(C + D - 2 (C D)^½) for means m, n and covariances C, D (n - 1 in the denominator); 0 to infinity.

    tr (C D)^½ is the sum of the singular values of A Bᵀ, where C = AᵀA and D = BᵀB. So the root of a matrix product is
    never formed, and with fewer pictures than dimensions no matrix is larger than pictures x dimensions.
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


def fid_influence(frames: FeatureVectors, references: FeatureVectors) -> Float64[np.ndarray, " pictures"]:
    """How much each picture moves FID: the derivative by the picture's weight, times the number of pictures.

    Of tr (C D)^½ = max over orthogonal Q of tr (A Bᵀ Q), Q = V Uᵀ by the singular vectors of A Bᵀ, only A and B depend
    on a weight (the envelope theorem), so that all derivatives come from one decomposition.
    """
    (offsets, rows), (other_offsets, other_rows) = (_offsets_and_root(vectors) for vectors in (frames, references))
    left, values, right = np.linalg.svd(rows.root @ other_rows.root.T)
    shared = values.sum()
    scale = np.sqrt(len(offsets) - 1)
    own = scale * (rows.expand(left @ (right @ other_rows.root)) * offsets).sum(axis=1)
    other = scale * (other_rows.expand(right.T @ (left.T @ rows.root)) * other_offsets).sum(axis=1)
    means = 2 * (offsets - other_offsets) @ (frames.mean(axis=0, dtype=float) - references.mean(axis=0, dtype=float))
    traces = (rows.root**2).sum() + (other_rows.root**2).sum()
    sizes = (offsets**2).sum(axis=1) + (other_offsets**2).sum(axis=1) - traces
    influence: Float64[np.ndarray, " pictures"] = means + sizes - (own + other - 2 * shared)
    return influence


class _Root(NamedTuple):
    """A root of a covariance: a row per picture, or per dimension if there are fewer dimensions than pictures."""

    root: Centred
    basis: Float64[np.ndarray, "pictures rows"] | None

    def expand(self, rows: Centred) -> Float64[np.ndarray, "pictures dimension"]:
        """From rows of the root to rows per picture."""
        return rows if self.basis is None else self.basis @ rows


def _offsets_and_root(vectors: FeatureVectors) -> tuple[Float64[np.ndarray, "pictures dimension"], _Root]:
    offsets = vectors.astype(np.float64)
    offsets -= offsets.mean(axis=0)
    scaled = offsets / np.sqrt(len(offsets) - 1)
    if len(offsets) <= offsets.shape[1]:
        return offsets, _Root(scaled, None)
    basis, root = np.linalg.qr(scaled)
    return offsets, _Root(root, basis)


def _centre(
    vectors: Float64[np.ndarray, "pictures dimension"], counts: Float64[np.ndarray, " pictures"]
) -> tuple[Float64[np.ndarray, " dimension"], Centred]:
    """The mean, and a root of the covariance (n - 1 in the denominator), of pictures drawn so often."""
    total = counts.sum()
    mean = counts @ vectors / total
    drawn = counts > 0
    rows = np.sqrt(counts[drawn] / (total - 1))[:, None] * (vectors[drawn] - mean)
    reduced: Any = np.linalg.qr(rows, mode="r") if len(rows) > rows.shape[1] else rows
    return mean, reduced
