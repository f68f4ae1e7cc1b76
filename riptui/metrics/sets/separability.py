"""U-IDS and P-IDS: how badly a linear classifier, fitted to two sets, tells them apart (Zhao et al. 2021).

Papers differ. Co-Mod-GAN and MAT take the features as they are; ASUKA takes another network's, reduced to 512
principal components, here of both sets together. Both are errors on the data that the classifier was fitted to: for
two sets of one distribution they are below 0.5, which they approach with many pictures for each dimension only
(measured: 0.1 at as many pictures as dimensions, 0.27 at twice, 0.4 at six times as many).
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.svm import LinearSVC

from riptui.arrays import FeatureVectors, Float64
from riptui.metrics.sets.set_metrics import SET_METRICS, Counts, SetStatistic

Outputs = Float64[np.ndarray, " pictures"]
"""Of the classifier: above 0 for a reference."""
Errors = Float64[np.ndarray, " pictures"]
"""Of each picture the share, 0 to 1, of what the classifier tells wrongly of it."""


def u_ids(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of all pictures that the classifier takes for the other set's."""
    return _mean_of_pictures(_unpaired_errors(*_classify(frames, references)))


def p_ids(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the pairs in which the frame looks more like a reference than its own reference does."""
    return _mean_of_pictures(_paired_errors(*_classify(frames, references)))


def u_ids_asuka(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    return u_ids(*_reduce(frames, references))


def p_ids_asuka(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    return p_ids(*_reduce(frames, references))


def _classify(frames: FeatureVectors, references: FeatureVectors) -> tuple[Outputs, Outputs]:
    """Of the frames, and of the references."""
    both = np.concatenate([references, frames]).astype(np.float64)
    labels = np.repeat([1, 0], [len(references), len(frames)])
    outputs: Outputs = LinearSVC(dual=False).fit(both, labels).decision_function(both)
    return outputs[len(references) :], outputs[: len(references)]


def _unpaired_errors(of_frames: Outputs, of_references: Outputs) -> Errors:
    return ((of_frames > 0).astype(np.float64) + (of_references <= 0)) / 2


def _paired_errors(of_frames: Outputs, of_references: Outputs) -> Errors:
    return (of_frames > of_references).astype(np.float64)


def _reduce(frames: FeatureVectors, references: FeatureVectors) -> tuple[FeatureVectors, FeatureVectors]:
    dimension = min(SET_METRICS["u-ids-asuka"].dimensions, frames.shape[1])
    both = np.concatenate([references, frames])
    reduced = PCA(dimension, svd_solver="full").fit_transform(both).astype(np.float32)
    return reduced[len(references) :], reduced[: len(references)]


def _mean_of_pictures(errors: Errors) -> SetStatistic:
    """Of pictures as often as they are drawn, by the classifier that was fitted to all of them."""

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        mean: Float64[np.ndarray, " resamples"] = counts @ errors / counts.sum(axis=1)
        return mean

    return statistic
