"""Intervals of metrics of sets: by resampling pictures.

Percentiles of resamples are no interval here: a resample has fewer different pictures, and most metrics of sets depend
on their number (of 100 such intervals of FID, 1 held the truth). The spread of the resamples is right, or a little
wide. So the interval reaches as many standard deviations of the resamples to both sides as Student's t says; of 100
simulated ones 95 to 100 held the truth. Of a share it is at least as wide as Wilson's, for resamples of a share at its
end do not vary.

For FID of more than 512 pictures each resample takes seconds (2 s for 2,048 pictures with as many dimensions). Its
standard error is then by the infinitesimal jackknife (Jaeckel 1972): the spread of the pictures' influences, over the
root of their number, for the time of two resamples. Of 200 simulated intervals of each of four kinds of pairs of sets,
with 1, 1.5, 3 and 10 times as many pictures as dimensions, 94 to 100 % held the mean of such sets.

The classifier of U-IDS and P-IDS is never fitted to resamples: that takes minutes, and copies of a picture would be
told apart as well as the picture. They are shares of classified pictures, and vary more than a share of so many
independent trials, since the classifier is fitted to these very pictures; with as many pictures as dimensions, up to
1.8 times as much. Their interval is Wilson's for half as many pictures: of 200 simulated ones of each of five kinds of
pairs of sets, with 1, 1.5 and 3 times as many pictures as dimensions, 191 to 200 held the mean over such sets
(Wilson's own: from 172). A difference of two resamples what both classifiers said of each picture, with twice the
variance for the same reason: of 200 simulated ones of five kinds of pairs, 189 to 200 held the mean difference (with
the variance of the resamples: from 147).

Where no picture is judged differently, resamples of a difference of shares do not vary. Its variance is therefore
larger by that of two pictures more, one for each side (Bonett & Price 2012).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import nan, sqrt
from statistics import NormalDist

import numpy as np

from riptui.arrays import FeatureVectors, Float64
from riptui.metrics.sets import (
    Counts,
    Influence,
    SetMetricInfo,
    SetStatistic,
    compute_influence,
    make_statistic,
)
from riptui.results.bootstrap import (
    CONFIDENCE,
    MIN_INTERVAL_IMAGES,
    IntervalEstimate,
    draw_counts,
    t_standard_errors,
)

CLASSIFIED_COUNT_FOR = 0.5
"""How many independent trials a picture counts as, if the classifier that judges it was fitted to it."""


@dataclass(frozen=True)
class SetValue:
    """A metric of sets, or a difference of two, by how often each picture is drawn."""

    statistic: SetStatistic
    influence: Callable[[], Influence]
    """How much each picture moves it; called only for metrics that have that, with too many pictures to resample."""

    def __call__(self, counts: Counts) -> Float64[np.ndarray, " resamples"]:
        return self.statistic(counts)


def make_value(metric: str, frames: FeatureVectors, references: FeatureVectors) -> SetValue:
    """A metric of two sets; row i of both is of the same picture. Raises InputError, MissingExtraError."""
    return SetValue(make_statistic(metric, frames, references), partial(compute_influence, metric, frames, references))


def estimate_set(statistic: SetValue, images: int, info: SetMetricInfo, *, seed: int = 0) -> IntervalEstimate:
    """The value for all pictures, with its interval if there are at least MIN_INTERVAL_IMAGES."""
    value = float(statistic(np.ones((1, images)))[0])
    if images < MIN_INTERVAL_IMAGES:
        return IntervalEstimate(value, nan, nan, images)
    if info.is_fitted:
        return IntervalEstimate(value, *wilson_interval(value, images * CLASSIFIED_COUNT_FOR), images)
    reach = t_standard_errors(images) * _spread(statistic, images, info, seed)
    low, high = value - reach, value + reach
    if info.is_share:
        share_low, share_high = wilson_interval(value, images)
        low, high = min(low, share_low), max(high, share_high)
    return IntervalEstimate(value, max(low, info.range[0]), min(high, info.range[1]), images)


def estimate_difference(statistic: SetValue, images: int, info: SetMetricInfo, *, seed: int = 0) -> IntervalEstimate:
    """The same for a difference of two values; its interval is not cut to a range."""
    value = float(statistic(np.ones((1, images)))[0])
    if images < MIN_INTERVAL_IMAGES:
        return IntervalEstimate(value, nan, nan, images)
    variance = _spread(statistic, images, info, seed) ** 2
    if info.is_fitted:
        variance /= CLASSIFIED_COUNT_FOR
    if info.is_share:
        variance += 2 / (images + 2) ** 2
    reach = t_standard_errors(images) * sqrt(variance)
    return IntervalEstimate(value, value - reach, value + reach, images)


def _spread(statistic: SetValue, images: int, info: SetMetricInfo, seed: int) -> float:
    """The standard deviation of resamples of the pictures; of too many, by the infinitesimal jackknife."""
    if images > info.resampled_pictures:
        return float(statistic.influence().std(ddof=1)) / sqrt(images)
    drawn = statistic(draw_counts(np.random.default_rng(seed), info.resamples, images))
    return float(drawn[np.isfinite(drawn)].std(ddof=1))


def wilson_interval(share: float, count: float) -> tuple[float, float]:
    """The 95 % score interval of a share, 0 to 1, of `count` independent trials (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return centre - reach, centre + reach


def mean_of(values: list[SetValue]) -> SetValue:
    """The mean of several values of the same pictures."""
    return SetValue(
        lambda counts: np.mean([value(counts) for value in values], axis=0),
        lambda: np.mean([value.influence() for value in values], axis=0),
    )


def difference_of(first: SetValue, second: SetValue) -> SetValue:
    """First less second, of the same drawn pictures."""
    return SetValue(lambda counts: first(counts) - second(counts), lambda: first.influence() - second.influence())
