"""KID: the squared maximum mean discrepancy of two sets, kernel (x·y / dimension + 1)³, Binkowski et al. 2018."""

import numpy as np

from riptui.arrays import FeatureVectors, Float64
from riptui.metrics.sets.set_metrics import Counts, SetStatistic


def kid(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """One estimate over all pairs of different pictures, not multiplied by 1,000. It can be below 0; equal sets have 0.

    Unbiased although a frame resembles its own reference: pairs of a frame with its own reference are left out, as in
    torch-fidelity's "u-statistic". The usual estimate includes them, and is below 0 for equal sets.
    """
    across = _kernel(frames, references)
    pairs = _kernel(frames, frames) + _kernel(references, references) - across - across.T
    np.fill_diagonal(pairs, 0)

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        number_of_pairs = counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Float64[np.ndarray, " resamples"] = ((counts @ pairs) * counts).sum(axis=1) / number_of_pairs
        return found

    return statistic


def _kernel(first: FeatureVectors, second: FeatureVectors) -> Float64[np.ndarray, "first second"]:
    products = first.astype(np.float64) @ second.astype(np.float64).T
    found: Float64[np.ndarray, "first second"] = (products / first.shape[1] + 1) ** 3
    return found
