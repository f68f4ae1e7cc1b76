"""Summary statistics of a group of trajectories: drift, half-life, confidence intervals, convergence, spread.

Only complete trajectories count, because the last values of others are not comparable; unfinished ones are counted.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
import scipy

from riptui.arrays import Float64
from riptui.results.bootstrap import (
    CONFIDENCE,
    MIN_INTERVAL_IMAGES,
    NO_ESTIMATE,
    IntervalEstimate,
    StatisticOfMeans,
    estimate,
    estimate_crossed,
    first_mean,
    ratio_of_means,
)
from riptui.results.curves import (
    Curve,
    CurveValues,
    Distribution,
    ValuesByAmount,
    average_by_image,
    distribution,
    measured_as_usual,
    select_values,
    shared_amounts,
)
from riptui.results.expected_coverage import expected_coverage
from riptui.results.fits import FittedCurve, fit_laws
from riptui.results.shared_squares import count_shared


@dataclass(frozen=True)
class DriftSummary:
    """Summary of a group of trajectories with the same amount, by one metric."""

    trajectories: int
    """Count of complete trajectories."""
    unfinished: int
    """Count of those not computed to the end, or not measured there."""
    infinite: int
    """Measured to the end, but with a value there that is not finite: the PSNR of equal pictures. Left out."""
    images: int
    amount: float
    """% inpainted at the end."""
    last: Distribution | None
    """Distribution over images of the values at the end; None if no trajectory is complete."""
    final: IntervalEstimate
    """Mean of the values at the end."""
    area: IntervalEstimate
    """Mean of the values over the whole amount (the area under the curve, divided by the amount).

    It and what follows leave out curves that lack points which most have."""
    half_life: float | None
    """% inpainted at which half of the change up to the amount is reached; it depends on that amount.

    The median over images of the mean over seeds. None if nothing changed.
    """
    coverage_half_life: float | None
    """The half-life expected of coverage: what it would be if each square were damaged once and stayed so. None where
    each iteration repaints the whole image, which the first covers."""
    shared_squares: int
    """Seeds whose squares the images share, so that the intervals are for these squares; 0: each has its own."""
    laws: list[FittedCurve]
    """Fitted to the mean drift, the better first; empty for fewer than five measured points."""


class Intraclass(NamedTuple):
    """The share of the variance that is between images, at one inpainted %: the rest is between the seeds of one."""

    inpainted: float
    value: float
    """ICC(1), at most 1; below 0 where the seeds of an image differ more than images do."""
    low: float
    """The lower end of the 95 % interval; `high` is the upper."""
    high: float
    images: int
    """Count of images with at least two runs."""
    runs: int


class RunSpread(NamedTuple):
    """Spread over the seeds of one image, at one inpainted %."""

    inpainted: float
    sd: float
    """Pooled: root of the mean variance within images, weighted by their degrees of freedom."""
    images: int
    """Count of images with at least two runs."""
    runs: int


def summarize_drift(members: Collection[Curve]) -> DriftSummary:
    """Summarise a group. Its trajectories should have the same amount: group by amount if they differ."""
    complete = [curve for curve in members if curve.complete]
    infinite = sum(curve.ends_infinite for curve in members if not curve.complete)
    ends = [float(curve.values[-1]) for curve in complete]
    amount = float(complete[0].inpainted[-1]) if complete else nan
    usual = measured_as_usual(complete)
    return DriftSummary(
        trajectories=len(complete),
        unfinished=len(members) - len(complete) - infinite,
        infinite=infinite,
        images=len({curve.image for curve in complete}),
        amount=amount,
        last=distribution(amount, average_by_image(complete, ends)) if complete else None,
        final=estimate_by_image(complete, ends),
        area=estimate_by_image(usual, [area_under_curve(curve) for curve in usual]),
        half_life=median_half_life(usual),
        coverage_half_life=_coverage_half_life(usual[0]) if usual and not usual[0].spec.whole_image else None,
        shared_squares=count_shared(complete),
        laws=fit_mean_drift(usual),
    )


def estimate_by_image(members: Sequence[Curve], values: Sequence[float]) -> IntervalEstimate:
    """The mean of one value per trajectory: over the seeds of an image first, then over images, with an interval.

    A trajectory whose value is nan is left out. Where images share the squares of enough seeds, the seeds are
    resampled as well; otherwise the interval is for these squares (`describe_shared`).
    """
    return _estimate_columns(members, [values], first_mean)


def _estimate_columns(
    members: Sequence[Curve], columns: Sequence[Sequence[float]], statistic: StatisticOfMeans
) -> IntervalEstimate:
    """A statistic of the means of some values per trajectory, as `estimate_by_image`."""
    known = np.flatnonzero(np.isfinite(columns).all(axis=0)).tolist()
    if not known:
        return NO_ESTIMATE
    kept = [members[place] for place in known]
    values = [[column[place] for place in known] for column in columns]
    if count_shared(kept) >= MIN_INTERVAL_IMAGES:
        return estimate_crossed(np.stack([_cross(kept, column) for column in values], axis=2), statistic)
    return estimate(np.stack([average_by_image(kept, column) for column in values], axis=1), statistic)


def _cross(members: Sequence[Curve], values: Sequence[float]) -> Float64[np.ndarray, "images seeds"]:
    """The values by image and seed, averaged where a seed has several; nan where an image lacks a seed."""
    images = {image: row for row, image in enumerate(sorted({curve.image for curve in members}))}
    seeds = {seed: column for column, seed in enumerate(sorted({curve.spec.seed for curve in members}))}
    sums, counts = np.zeros((2, len(images), len(seeds)))
    for curve, value in zip(members, values, strict=True):
        cell = images[curve.image], seeds[curve.spec.seed]
        sums[cell] += value
        counts[cell] += 1
    cells: Float64[np.ndarray, "images seeds"] = np.divide(sums, counts, out=np.full_like(sums, nan), where=counts > 0)
    return cells


def median_half_life(members: Iterable[Curve]) -> float | None:
    """The median over images of the mean half-life of an image's seeds; None if nothing changed."""
    found = [(curve, value) for curve in members if (value := half_life(curve)) is not None]
    if not found:
        return None
    curves, values = zip(*found, strict=True)
    return float(np.median(average_by_image(curves, values)))


def area_under_curve(curve: Curve) -> float:
    """The mean value from the first measured point to the last, by trapezoids; from 0 % if frame 0 has a value.

    nan for a single point.
    """
    if len(curve.values) < 2:
        return nan
    between = (curve.values[1:] + curve.values[:-1]) / 2
    widths = curve.inpainted[1:] - curve.inpainted[:-1]  # a third of np.diff's time
    return float(between @ widths / (curve.inpainted[-1] - curve.inpainted[0]))


def half_life(curve: Curve) -> float | None:
    """% inpainted at which the value is first half-way from frame 0's value to the last frame's.

    Linear between measured points. None if both values are equal, or frame 0 has no finite value (PSNR).
    """
    return _half_way(curve.inpainted.tolist(), curve.values.tolist())


def _coverage_half_life(curve: Curve) -> float | None:
    """The half-life of the expected coverage, at the curve's own points."""
    return _half_way(curve.inpainted.tolist(), expected_coverage(curve.spec, curve.k.astype(np.float64)).tolist())


def _half_way(inpainted: Sequence[float], values: Sequence[float]) -> float | None:
    first, last = values[0], values[-1]
    if inpainted[0] != 0 or last == first:
        return None
    progress = [(value - first) / (last - first) for value in values]
    crossing = next((place for place, share in enumerate(progress) if share >= 0.5), 0)
    fraction = (0.5 - progress[crossing - 1]) / (progress[crossing] - progress[crossing - 1])
    return inpainted[crossing - 1] + fraction * (inpainted[crossing] - inpainted[crossing - 1])


def fit_mean_drift(members: Iterable[Curve]) -> list[FittedCurve]:
    """Fit both laws to the images' mean difference from frame 0's value, at the points that all have; the better first.

    Empty for fewer than five points, if frame 0 has no value, or if nothing changes.
    """
    found = [curve for curve in members if curve.inpainted[0] == 0]
    if not found:
        return []
    shared = shared_amounts(found)
    drifts: defaultdict[str, list[CurveValues]] = defaultdict(list)
    for curve in found:
        drifts[curve.image].append(select_values(curve, shared) - curve.values[0])
    mean_drift = np.mean([np.mean(of_image, axis=0) for of_image in drifts.values()], axis=0)
    return fit_laws(shared, mean_drift) if mean_drift.any() else []


def convergence(previous: Iterable[Curve]) -> IntervalEstimate:
    """Ratio of the last distance between two consecutive measured frames to the first, of the means.

    Below 1 the trajectories converge; at 1 they change as fast as at the start. `previous`: curves of a metric
    NAME@previous, measured at equal intervals; the first point compares frame 0 with the next measured frame. Only
    complete curves count.
    """
    complete = [curve for curve in previous if curve.complete and np.count_nonzero(curve.inpainted > 0) > 1]
    ends = [float(curve.values[-1]) for curve in complete]
    starts = [float(curve.values[curve.inpainted > 0][0]) for curve in complete]
    return _estimate_columns(complete, [ends, starts], ratio_of_means)


def spread_over_runs(values_at: ValuesByAmount) -> list[RunSpread]:
    """The spread over an image's seeds at each inpainted %, of trajectories that differ only in image and seed."""
    return [_pool_spread(inpainted, images) for inpainted, images in values_at.items()]


def intraclass_correlations(values_at: ValuesByAmount) -> list[Intraclass]:
    """ICC(1) of images against seeds at each inpainted %, of trajectories that differ only in image and seed.

    One-way analysis of variance (Shrout & Fleiss 1979), with the interval of Searle's F; with unequal numbers of seeds
    by their mean number n0, which makes the interval an approximation (Thomas & Hultquist 1978).
    """
    found = (_intraclass(inpainted, images) for inpainted, images in values_at.items())
    return [correlation for correlation in found if correlation]


def _intraclass(inpainted: float, images: Sequence[list[float]]) -> Intraclass | None:
    """None for fewer than two images with two seeds, or if nothing differs."""
    repeated = [values for values in images if len(values) > 1]
    if len(repeated) < 2:
        return None
    counts = np.array([*map(len, repeated)])
    runs, between_freedom = int(counts.sum()), len(repeated) - 1
    within_freedom = runs - len(repeated)
    means = _of_each_image(repeated, lambda values: values.mean(axis=1))
    mean = float(counts @ means / runs)
    between = float(counts @ (means - mean) ** 2) / between_freedom
    deviations = _of_each_image(
        repeated, lambda values: ((values - values.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    )
    within = sum(deviations.tolist()) / within_freedom
    if within == 0:
        return Intraclass(inpainted, 1.0, nan, nan, len(repeated), runs) if between else None
    seeds = (runs - float((counts**2).sum()) / runs) / between_freedom

    def correlation(ratio: float) -> float:
        return (ratio - 1) / (ratio - 1 + seeds)

    ratio, tail = between / within, (1 - CONFIDENCE) / 2
    low = ratio / float(scipy.special.fdtri(between_freedom, within_freedom, 1 - tail))
    high = ratio / float(scipy.special.fdtri(between_freedom, within_freedom, tail))
    ends = (correlation(low), correlation(high)) if len(repeated) >= MIN_INTERVAL_IMAGES else (nan, nan)
    return Intraclass(inpainted, correlation(ratio), *ends, len(repeated), runs)


def _pool_spread(inpainted: float, images: Iterable[list[float]]) -> RunSpread:
    repeated = [values for values in images if len(values) > 1]
    counts = np.array([*map(len, repeated)], np.int64)
    freedom = int((counts - 1).sum())
    variances = _of_each_image(repeated, lambda values: values.var(axis=1, ddof=1))
    sd = (sum((variances * (counts - 1)).tolist()) / freedom) ** 0.5 if freedom else nan
    return RunSpread(inpainted, sd, len(repeated), int(counts.sum()))


def _of_each_image(
    images: Sequence[list[float]],
    statistic: Callable[[Float64[np.ndarray, "images seeds"]], Float64[np.ndarray, " images"]],
) -> Float64[np.ndarray, " images"]:
    """A statistic of each image's values: computed at once for all images with equally many."""
    counts = np.array([*map(len, images)], np.int64)
    found = np.empty(len(images))
    for count in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == count)
        found[rows] = statistic(np.array([images[row] for row in rows.tolist()]))
    return found
