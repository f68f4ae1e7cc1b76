"""Confidence intervals by resampling images, which are the random sample; trajectories of one image never are.

BCa (Efron 1987): corrected for bias and for skewness. Bootstrap intervals of few images are too narrow, because the
bootstrap treats them as the whole population. The level is therefore expanded to that of Student's t (Hesterberg 2015,
section 4.4): with 3,000 samples of 10 normal values, 93 % of the intervals contained the true mean, 90 % without it.
No resample lies outside the data, however, and the skewness of few images is mostly chance: for functions of means,
neither the interval nor the p values are narrower than Student's with the jackknife's error. Of 600 simulated studies
with 5 images, 93 % of the means were held then, 89 % by BCa alone; of 3,000 differences between mask sizes that are 0,
of 20 images, 2.4 % have a p of at most 0.025 in each direction, and 4.4 % by BCa alone.

Where all images share the squares of a few seeds, the seeds are a sample too, crossed with the images: both are
resampled (the pigeonhole bootstrap, Owen 2007), and the level is that of the smaller of both samples, which must not be
below MIN_INTERVAL_IMAGES either: of 300 simulated intervals over two seeds, 82 % held the truth.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import copysign, hypot, inf, isinf, isnan, nan, sqrt
from statistics import NormalDist

import numpy as np
import scipy

from riptui.arrays import Float64, UInt16
from riptui.metrics.values import finite_or_none

CONFIDENCE = 0.95
MIN_INTERVAL_IMAGES = 5
"""The least images, and least seeds that images share, for an interval: of fewer it is hardly more than the range."""
RESAMPLES = 4000
_CHUNK = 2**21  # draws at a time: 16 MB
_NORMAL = NormalDist()

Columns = Float64[np.ndarray, "images columns"]
CrossedColumns = Float64[np.ndarray, "images seeds columns"]
Resampled = Float64[np.ndarray, "*resamples"]
StatisticOfMeans = Callable[[Float64[np.ndarray, "*resamples columns"]], Resampled]
"""A statistic as a function of the columns' means over images."""
Resample = Callable[[], Iterator[Resampled]]
"""Draws values of a statistic, a chunk at a time."""


@dataclass(frozen=True)
class IntervalEstimate:
    """A value with its 95 % interval; the interval is nan if fewer than MIN_INTERVAL_IMAGES images have a value."""

    value: float
    low: float
    high: float
    images: int
    p_above: float = field(default=nan, compare=False)
    """One-sided p of the value lying above the null only by chance; nan without a null or an interval."""
    p_below: float = field(default=nan, compare=False)
    """The same of lying below it."""

    def map(self, function: Callable[[float], float]) -> "IntervalEstimate":
        """The estimate transformed by an increasing function."""
        value, low, high = (function(end) for end in (self.value, self.low, self.high))
        return IntervalEstimate(value, low, high, self.images, self.p_above, self.p_below)

    def within(self, low: float, high: float) -> "IntervalEstimate":
        """The estimate with the interval cut to the range of the quantity: few images give wider ones."""
        return replace(self, low=max(self.low, low), high=min(self.high, high)) if not isnan(self.low) else self

    def cells(self, name: str = "value") -> dict[str, float | None]:
        """Cells of a table: the value by this name, and the ends of the interval; None for what is not known."""
        return {name: finite_or_none(self.value), "low": finite_or_none(self.low), "high": finite_or_none(self.high)}


NO_ESTIMATE = IntervalEstimate(nan, nan, nan, 0)


def first_mean(means: Float64[np.ndarray, "*resamples columns"]) -> Resampled:
    """The first column's mean."""
    return means[..., 0]


def ratio_of_means(means: Float64[np.ndarray, "*resamples columns"]) -> Resampled:
    """Ratio of the first column's mean to the second's."""
    quotient: Resampled = means[..., 0] / means[..., 1]
    return quotient


def estimate(
    columns: Columns,
    statistic: StatisticOfMeans = first_mean,
    *,
    null: float = nan,
    resamples: int = RESAMPLES,
    seed: int = 0,
    expanded: bool = True,
) -> IntervalEstimate:
    """Estimate a statistic of the images with its interval. The same images, in any order, give the same interval.

    `columns`: one row per image. `null`: the value that the statistic would have if there were no effect, for the p.
    `expanded`: widen the interval for few images, as above. Resamples in which the statistic has no finite value, e.g.
    a ratio to 0, are left out.
    """
    images = len(columns)
    if not images:
        return NO_ESTIMATE
    columns = columns[np.lexsort(columns.T)]

    def resample() -> Iterator[Resampled]:
        return (statistic(counts @ columns / images) for counts in _draw_images(seed, resamples, images))

    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(columns.mean(axis=0)))
        jackknife = statistic((columns.sum(axis=0) - columns) / max(1, images - 1))
    found = _interval(value, resample, jackknife, images, null=null, expanded=expanded)
    return _widen(found, jackknife_error(jackknife), images, null) if expanded else found


def estimate_share(images: Iterable[str], holds: Iterable[bool | None]) -> IntervalEstimate:
    """% of some items in which something holds, with its interval by image. None: not known, and left out."""
    by_image: defaultdict[str, list[bool]] = defaultdict(list)
    for image, held in zip(images, holds, strict=True):
        if held is not None:
            by_image[image].append(held)
    columns = np.array([[100 * sum(held), len(held)] for held in by_image.values()], dtype=np.float64)
    return estimate(columns, ratio_of_means).within(0, 100)


def estimate_from_counts(
    statistic: Callable[[Float64[np.ndarray, "resamples images"]], Resampled],
    images: int,
    *,
    null: float = nan,
    resamples: int = RESAMPLES,
    seed: int = 0,
    widened: bool = False,
) -> IntervalEstimate:
    """Estimate a statistic that is not a function of means, from how often each image was drawn in each resample.

    BCa alone, unless `widened`: then not narrower than Student's t with the jackknife's error, which is too large for
    statistics that are not smooth.
    """
    if not images:
        return NO_ESTIMATE

    def resample() -> Iterator[Resampled]:
        return map(statistic, _draw_images(seed, resamples, images))

    value = float(statistic(np.ones((1, images)))[0])
    if images < MIN_INTERVAL_IMAGES:
        return IntervalEstimate(value, nan, nan, images)
    left_out = statistic(1 - np.eye(images))
    found = _interval(value, resample, left_out, images, null=null)
    return _widen(found, jackknife_error(left_out), images, null) if widened else found


def estimate_crossed(
    cells: CrossedColumns,
    statistic: StatisticOfMeans = first_mean,
    *,
    null: float = nan,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> IntervalEstimate:
    """Estimate a statistic of images that share the squares of several seeds, by resampling both.

    `cells`: nan where an image lacks a seed. The mean over an image's seeds is taken first, then that over images.
    """
    images, seeds, _ = cells.shape
    present = np.isfinite(cells).all(axis=2).astype(np.float64)
    filled = np.where(present[..., None] > 0, cells, 0.0)

    def means(
        image_counts: Float64[np.ndarray, "count images"], seed_counts: Float64[np.ndarray, "count seeds"]
    ) -> Float64[np.ndarray, "count columns"]:
        weights = seed_counts @ present.T
        sums = np.einsum("rs,isc->ric", seed_counts, filled)
        by_image = np.divide(sums, weights[..., None], out=np.zeros_like(sums), where=weights[..., None] > 0)
        counts = image_counts * (weights > 0)
        over_images: Float64[np.ndarray, "count columns"] = np.einsum("ri,ric->rc", counts, by_image)
        over_images /= counts.sum(axis=1, keepdims=True)
        return over_images

    def resample() -> Iterator[Resampled]:
        generator = np.random.default_rng(seed)
        for count in _chunks(resamples, images):
            yield statistic(means(draw_counts(generator, count, images), draw_counts(generator, count, seeds)))

    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(means(np.ones((1, images)), np.ones((1, seeds))))[0])
        jackknife = statistic(means(1 - np.eye(images), np.ones((images, seeds))))
        of_seeds = statistic(means(np.ones((seeds, images)), 1 - np.eye(seeds)))
    if seeds < MIN_INTERVAL_IMAGES:
        return IntervalEstimate(value, nan, nan, images)
    units = min(images, seeds)
    found = _interval(value, resample, jackknife, units, null=null)
    return _widen(found, hypot(jackknife_error(jackknife), jackknife_error(of_seeds)), units, null)


def draw_counts(generator: np.random.Generator, count: int, units: int) -> Float64[np.ndarray, "count units"]:
    """How often each of so many units is drawn, with replacement, in each of `count` resamples."""
    drawn = generator.integers(0, units, (count, units)) + units * np.arange(count)[:, None]
    return np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)


def _draw_images(seed: int, resamples: int, images: int) -> Iterator[Float64[np.ndarray, "count images"]]:
    """How often each image is drawn in each resample, a chunk of resamples at a time."""
    if resamples * images <= _CHUNK:
        yield _draw_at_once(seed, resamples, images).astype(np.float64)
        return
    generator = np.random.default_rng(seed)
    for count in _chunks(resamples, images):
        yield draw_counts(generator, count, images)


@lru_cache(1)  # all statistics of a group have the same draws, which take longer than they do
def _draw_at_once(seed: int, resamples: int, images: int) -> UInt16[np.ndarray, "resamples images"]:
    return draw_counts(np.random.default_rng(seed), resamples, images).astype(np.uint16)


def _chunks(resamples: int, images: int) -> Iterator[int]:
    """Numbers of resamples that are drawn at a time."""
    size = max(1, _CHUNK // images)
    return (min(size, resamples - start) for start in range(0, resamples, size))


def _interval(
    value: float,
    resample: Resample,
    jackknife: Float64[np.ndarray, " images"],
    units: int,
    *,
    null: float,
    expanded: bool = True,
) -> IntervalEstimate:
    """The BCa interval (Efron & Tibshirani 1993, section 14.3), and the p values that it gives for the null.

    `jackknife`: the statistic without each image. `units`: the size of the sample that decides the level.
    """
    images = len(jackknife)
    if images < MIN_INTERVAL_IMAGES or isnan(value):
        return IntervalEstimate(value, nan, nan, images)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.concatenate([*resample()])
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return IntervalEstimate(value, nan, nan, images)
    finite = jackknife[np.isfinite(jackknife)]
    influence = finite.mean() - finite
    spread = float((influence**2).sum())
    acceleration = float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    share_below = _share_below(value, drawn)
    bias = _NORMAL.inv_cdf(share_below) if 0 < share_below < 1 else 0.0
    errors = t_standard_errors(units) if expanded else -_NORMAL.inv_cdf((1 - CONFIDENCE) / 2)
    levels = [_quantile_level(z, bias, acceleration) for z in (-errors, errors)]
    low, high = np.quantile(drawn, levels).tolist()
    p_above = _p_above(null, drawn, bias, acceleration, units)
    return IntervalEstimate(value, low, high, images, p_above, 1 - p_above)


def jackknife_error(left_out: Float64[np.ndarray, " units"]) -> float:
    """The standard error of a statistic, from its values without each unit; nan if one of them is not finite."""
    units = len(left_out)
    if not np.isfinite(left_out).all():
        return nan
    return sqrt((units - 1) / units * float(((left_out - left_out.mean()) ** 2).sum()))


def _widen(found: IntervalEstimate, error: float, units: int, null: float) -> IntervalEstimate:
    """The interval and its p values, not narrower than Student's t with this standard error."""
    if isnan(found.low) or isnan(error):
        return found
    reach = error * float(scipy.special.stdtrit(units - 1, (1 + CONFIDENCE) / 2))
    p_above, p_below = found.p_above, found.p_below
    if error > 0 and not isnan(null):
        by_chance = float(scipy.special.stdtr(units - 1, (null - found.value) / error))
        p_above, p_below = max(p_above, by_chance), max(p_below, 1 - by_chance)
    low, high = min(found.low, found.value - reach), max(found.high, found.value + reach)
    return replace(found, low=low, high=high, p_above=p_above, p_below=p_below)


def _share_below(value: float, drawn: Resampled) -> float:
    return float(np.count_nonzero(drawn < value) + np.count_nonzero(drawn == value) / 2) / len(drawn)


def _quantile_level(z: float, bias: float, acceleration: float) -> float:
    """The level of the resamples' quantile that lies z standard errors from the value."""
    shrink = 1 - acceleration * (bias + z)
    return _NORMAL.cdf(bias + (bias + z) / shrink) if shrink > 0 else float(z > 0)


def _p_above(null: float, drawn: Resampled, bias: float, acceleration: float, units: int) -> float:
    """The one-sided p at which the interval just reaches the null, by inverting `_quantile_level`."""
    if isnan(null):
        return nan
    share = _share_below(null, drawn)
    if 0 < share < 1:
        distance = _NORMAL.inv_cdf(share) - bias
    else:  # beyond all resamples, whose distribution is taken to be normal there
        distance = float((null - drawn.mean()) / drawn.std()) if drawn.std() > 0 else copysign(inf, null - drawn[0])
    stretch = 1 + acceleration * distance
    if isinf(distance) or stretch <= 0:
        return float(distance > 0)
    return float(scipy.special.stdtr(units - 1, (distance / stretch - bias) * sqrt((units - 1) / units)))


def t_standard_errors(units: int) -> float:
    """Half-width of the interval by Student's t, in the bootstrap's standard errors, which divide by n, not n - 1."""
    return sqrt(units / (units - 1)) * float(scipy.special.stdtrit(units - 1, (1 + CONFIDENCE) / 2))
