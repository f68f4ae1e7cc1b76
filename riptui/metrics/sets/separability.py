"""U-IDS and P-IDS: how badly a linear classifier, fitted to two sets, tells them apart (Zhao et al. 2021).

Papers differ. Co-Mod-GAN and MAT take the features as they are; ASUKA takes another network's, reduced to 512
principal components, here of both sets together. Both are errors on the data that the classifier was fitted to: for
two sets of one distribution they are below 0.5, which they approach with many pictures for each dimension only
(measured: 0.1 at as many pictures as dimensions, 0.27 at twice, 0.4 at six times as many).
"""

import numpy as np
from jaxtyping import Float64
from sklearn.decomposition import PCA
from sklearn.svm import LinearSVC

from riptui.arrays import FeatureVectors
from riptui.metrics.sets.set_metrics import SET_METRICS, Counts, SetStatistic

Outputs = Float64[np.ndarray, " pictures"]
"""Of the classifier: above 0 for a reference."""


def u_ids(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of all pictures that the classifier takes for the other set's."""
    return _of_whole_sets(_unpaired_error(*_classify(frames, references)), len(frames))


def p_ids(frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """Share of the pairs in which the frame looks more like a reference than its own reference does."""
    return _of_whole_sets(_paired_error(*_classify(frames, references)), len(frames))


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


def _unpaired_error(of_frames: Outputs, of_references: Outputs) -> float:
    wrong = np.count_nonzero(of_frames > 0) + np.count_nonzero(of_references <= 0)
    return wrong / (len(of_frames) + len(of_references))


def _paired_error(of_frames: Outputs, of_references: Outputs) -> float:
    return float((of_frames > of_references).mean())


def _reduce(frames: FeatureVectors, references: FeatureVectors) -> tuple[FeatureVectors, FeatureVectors]:
    dimension = min(SET_METRICS["u-ids-asuka"].dimensions, frames.shape[1])
    both = np.concatenate([references, frames])
    reduced = PCA(dimension, svd_solver="full").fit_transform(both).astype(np.float32)
    return reduced[len(references) :], reduced[: len(references)]


def _of_whole_sets(value: float, pictures: int) -> SetStatistic:
    """A statistic of all pictures, each drawn once: fitting the classifier to resamples would take hours."""

    def statistic(counts: Counts) -> Float64[np.ndarray, " resamples"]:
        assert counts.shape == (1, pictures)
        assert (counts == 1).all()
        return np.array([value])

    return statistic
