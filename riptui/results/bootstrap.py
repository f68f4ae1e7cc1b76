"""Confidence intervals by resampling images, which are the random sample; trajectories of one image never are.

BCa (Efron 1987): corrected for bias and for skewness. Bootstrap intervals of few images are too narrow, because the
bootstrap treats them as the whole population. The level is therefore expanded to that of Student's t (Hesterberg 2015,
section 4.4): with 3,000 samples of 10 normal values, 93 % of the intervals contained the true mean, 90 % without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan, nan, sqrt
from statistics import NormalDist

import numpy as np
from jaxtyping import Float64

CONFIDENCE = 0.95
RESAMPLES = 4000
_CHUNK = 2**21  # draws at a time: 16 MB

Columns = Float64[np.ndarray, "images columns"]
Resampled = Float64[np.ndarray, "*resamples"]
StatisticOfMeans = Callable[[Float64[np.ndarray, "*resamples columns"]], Resampled]
"""A statistic as a function of the columns' means over images."""


@dataclass(frozen=True)
class IntervalEstimate:
    """A value with its 95 % interval; the interval is nan if fewer than two images have a value."""

    value: float
    low: float
    high: float
    images: int

    def map(self, function: Callable[[float], float]) -> "IntervalEstimate":
        """The estimate transformed by an increasing function."""
        return IntervalEstimate(function(self.value), function(self.low), function(self.high), self.images)


NO_ESTIMATE = IntervalEstimate(nan, nan, nan, 0)


def first_mean(means: Float64[np.ndarray, "*resamples columns"]) -> Resampled:
    """The first column's mean."""
    return means[..., 0]


def ratio_of_means(means: Float64[np.ndarray, "*resamples columns"]) -> Resampled:
    """Ratio of the first column's mean to the second's: with sums and counts, a mean over images of unequal counts."""
    quotient: Resampled = means[..., 0] / means[..., 1]
    return quotient


def estimate(
    columns: Columns,
    statistic: StatisticOfMeans = first_mean,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    expanded: bool = True,
) -> IntervalEstimate:
    """Estimate a statistic of the images with its interval. The same columns and seed give the same interval.

    `columns`: one row per image. `expanded`: widen the interval for few images, as above. Resamples in which the
    statistic has no finite value, e.g. a ratio to 0, are left out.
    """
    images = len(columns)
    if not images:
        return NO_ESTIMATE
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(columns.mean(axis=0)))
        if images < 2 or isnan(value):
            return IntervalEstimate(value, nan, nan, images)
        drawn = np.concatenate([statistic(means) for means in _resampled_means(columns, resamples, seed)])
        jackknife = statistic((columns.sum(axis=0) - columns) / (images - 1))
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return IntervalEstimate(value, nan, nan, images)
    low, high = np.quantile(drawn, _bca_levels(value, drawn, jackknife, expanded)).tolist()
    return IntervalEstimate(value, low, high, images)


def _resampled_means(columns: Columns, resamples: int, seed: int) -> list[Float64[np.ndarray, "resamples columns"]]:
    """The columns' means over images drawn with replacement, in chunks of resamples."""
    images = len(columns)
    generator = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, size := max(1, _CHUNK // images)):
        count = min(size, resamples - start)
        drawn = generator.integers(0, images, (count, images)) + images * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * images).reshape(count, images)
        means.append(times @ columns / images)
    return means


def _bca_levels(
    value: float, drawn: Float64[np.ndarray, " resamples"], jackknife: Float64[np.ndarray, " images"], expanded: bool
) -> tuple[float, float]:
    """The BCa quantile levels of the interval's ends (Efron & Tibshirani 1993, section 14.3)."""
    normal = NormalDist()
    share_below = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn == value) / 2) / len(drawn)
    influence = jackknife[np.isfinite(jackknife)].mean() - jackknife[np.isfinite(jackknife)]
    spread = float((influence**2).sum())
    bias = normal.inv_cdf(share_below) if 0 < share_below < 1 else 0.0
    acceleration = float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    standard_errors = _t_standard_errors(len(jackknife)) if expanded else -normal.inv_cdf((1 - CONFIDENCE) / 2)

    def level(z: float) -> float:
        shrink = 1 - acceleration * (bias + z)
        return normal.cdf(bias + (bias + z) / shrink) if shrink > 0 else float(z > 0)

    return level(-standard_errors), level(standard_errors)


def _t_standard_errors(images: int) -> float:
    """Half-width of the interval in standard errors, by Student's t."""
    from scipy.special import stdtrit  # late: 0.1 s

    return sqrt(images / (images - 1)) * float(stdtrit(images - 1, (1 + CONFIDENCE) / 2))
