"""Distances between pairs of pictures: averaged over their trajectories, and a ratio with its interval by picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riptui.arrays import Float64
from riptui.results.bootstrap import IntervalEstimate, Resampled, estimate_from_counts

ImagePairs = Float64[np.ndarray, "images images"]
"""Mean distance between the trajectories of two images; nan where there is none, 0 on the diagonal."""


class PairDistances(NamedTuple):
    """Distances between trajectories."""

    images: Sequence[str]
    """Of each trajectory: the SHA-256 of its original."""
    distances: Float64[np.ndarray, "trajectories trajectories"]


def average_pairs(parts: Sequence[PairDistances], images: Sequence[str] = ()) -> ImagePairs:
    """The mean distance of each pair of different images over all pairs of their trajectories in each part.

    `images`: in the order of the rows; those of the parts, sorted, if there are none.
    """
    names = images or sorted({image for part in parts for image in part.images})
    places = {image: place for place, image in enumerate(names)}
    sums, counts = np.zeros((2, len(names), len(names)))
    for part in parts:
        rows = np.array([places[image] for image in part.images])
        np.add.at(sums, (rows[:, None], rows[None, :]), part.distances)
        np.add.at(counts, (rows[:, None], rows[None, :]), 1)
    means: ImagePairs = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    np.fill_diagonal(means, 0)
    return means


def estimate_ratio(after: ImagePairs, before: ImagePairs) -> IntervalEstimate:
    """The mean of one over the mean of the other, over the pairs of images that have both; nan if that is 0."""
    known = np.isfinite(after) & np.isfinite(before)
    upper, lower = (np.where(known, pairs, 0.0) for pairs in (after, before))

    def statistic(counts: Float64[np.ndarray, "resamples images"]) -> Resampled:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Resampled = ((counts @ upper) * counts).sum(axis=1) / ((counts @ lower) * counts).sum(axis=1)
        return ratio

    return estimate_from_counts(statistic, len(after))
