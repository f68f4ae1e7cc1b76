"""U-IDS and P-IDS: how often a linear classifier that was fitted to two sets confuses them (Zhao et al. 2021). 0 to 1.

Papers differ. Co-Mod-GAN and MAT use the features as they are; ASUKA uses those of another network, reduced to 512
principal components, here of both sets together. Both are errors on the data that the classifier was fitted to. So for
two sets of one distribution they are below 0.5, and near it only with many pictures per dimension (measured: 0.1 with
as many pictures as dimensions, 0.27 with twice, 0.4 with six times as many).
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.svm import LinearSVC

from riptui.arrays import FeatureVectors, Float64
from riptui.metrics.sets.set_metrics import SET_METRICS, Counts, SetStatistic

Outputs = Float64[np.ndarray, " pictures"]
"""The classifier's decision for each picture: above 0 it takes it for a reference."""
Errors = Float64[np.ndarray, " pictures"]
"""For each picture the share, 0 to 1, of wrong decisions."""


def u_ids(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """U-IDS: share of all pictures that the classifier assigns to the wrong set."""
    of_frames, of_references = _classify(frames, references)
    return _mean_of_pictures(((of_frames > 0).astype(np.float64) + (of_references <= 0)) / 2)


def p_ids(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """P-IDS: share of the pairs in which the frame looks more like a reference than its own reference does."""
    of_frames, of_references = _classify(frames, references)
    return _mean_of_pictures((of_frames > of_references).astype(np.float64))


def u_ids_asuka(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """U-IDS of at most 512 principal components of both sets together."""
    return u_ids(*_reduce(frames, references))


def p_ids_asuka(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """P-IDS of at most 512 principal components of both sets together."""
    return p_ids(*_reduce(frames, references))


def _classify(frames: FeatureVectors, references: FeatureVectors) -> tuple[Outputs, Outputs]:
    """The decisions for the frames and for the references."""
    both = np.concatenate([references, frames]).astype(np.float64)
    labels = np.repeat([1, 0], [len(references), len(frames)])
    outputs: Outputs = LinearSVC(dual=False).fit(both, labels).decision_function(both)
    return outputs[len(references) :], outputs[: len(references)]


def _reduce(frames: FeatureVectors, references: FeatureVectors) -> tuple[FeatureVectors, FeatureVectors]:
    dimension = min(SET_METRICS["u-ids-asuka"].dimensions, frames.shape[1])
    both = np.concatenate([references, frames])
    reduced = PCA(dimension, svd_solver="full").fit_transform(both).astype(np.float32)
    return reduced[len(references) :], reduced[: len(references)]


def _mean_of_pictures(errors: Errors) -> SetStatistic:
    """The mean error of the pictures drawn, by the classifier that was fitted to all pictures."""

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        mean: Float64[np.ndarray, " resamples"] = counts @ errors / counts.sum(axis=1)
        return mean

    return statistic
