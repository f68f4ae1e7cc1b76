"""Summary statistics of a group of trajectories: drift, half-life, confidence intervals, convergence, spread.

Only complete trajectories count, because the last values of others are not comparable; unfinished ones are counted.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import nan
from statistics import median
from typing import NamedTuple

import numpy as np

from riptui.results.bootstrap import NO_ESTIMATE, IntervalEstimate, estimate, ratio_of_means
from riptui.results.curves import Curve, Distribution, distribution, select_values, shared_amounts
from riptui.results.fits import FittedCurve, fit_laws


@dataclass(frozen=True)
class DriftSummary:
    """Summary of a group of trajectories with the same amount, by one metric."""

    trajectories: int
    """Count of complete trajectories."""
    unfinished: int
    images: int
    amount: float
    """% inpainted at the end."""
    last: Distribution | None
    """Distribution of the values at the end; None if no trajectory is complete."""
    final: IntervalEstimate
    """Mean of the values at the end."""
    area: IntervalEstimate
    """Mean of the values over the whole amount (the area under the curve, divided by the amount)."""
    half_life: float | None
    """% inpainted at which half of the total change is reached, median over trajectories. None if nothing changed."""
    laws: list[FittedCurve]
    """Fitted to the mean drift, the better first; empty for fewer than five measured points."""


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
    half_lives = [found for curve in complete if (found := half_life(curve)) is not None]
    ends = [float(curve.values[-1]) for curve in complete]
    amount = float(complete[0].inpainted[-1]) if complete else nan
    return DriftSummary(
        trajectories=len(complete),
        unfinished=len(members) - len(complete),
        images=len({curve.image for curve in complete}),
        amount=amount,
        last=distribution(amount, np.array(ends)) if complete else None,
        final=estimate_by_image(complete, ends),
        area=estimate_by_image(complete, [area_under_curve(curve) for curve in complete]),
        half_life=median(half_lives) if half_lives else None,
        laws=fit_mean_drift(complete),
    )


def estimate_by_image(members: Sequence[Curve], values: Sequence[float]) -> IntervalEstimate:
    """The mean of one value per trajectory, with an interval over their images."""
    sums: defaultdict[str, list[float]] = defaultdict(list)
    for curve, value in zip(members, values, strict=True):
        sums[curve.image].append(value)
    if not sums:
        return NO_ESTIMATE
    return estimate(np.array([(sum(found), len(found)) for found in sums.values()], dtype=np.float64), ratio_of_means)


def area_under_curve(curve: Curve) -> float:
    """The mean value from the first measured point to the last, by trapezoids; from 0 % if frame 0 has a value.

    nan for a single point.
    """
    if len(curve.values) < 2:
        return nan
    between = (curve.values[1:] + curve.values[:-1]) / 2
    return float(between @ np.diff(curve.inpainted) / (curve.inpainted[-1] - curve.inpainted[0]))


def half_life(curve: Curve) -> float | None:
    """% inpainted at which the value is first half-way from frame 0's value to the last frame's.

    Linear between measured points. None if both values are equal, or frame 0 has no finite value (PSNR).
    """
    if curve.inpainted[0] != 0 or curve.values[-1] == curve.values[0]:
        return None
    progress = (curve.values - curve.values[0]) / (curve.values[-1] - curve.values[0])
    crossing = int(np.argmax(progress >= 0.5))
    fraction = (0.5 - progress[crossing - 1]) / (progress[crossing] - progress[crossing - 1])
    return float(curve.inpainted[crossing - 1] + fraction * (curve.inpainted[crossing] - curve.inpainted[crossing - 1]))


def fit_mean_drift(members: Iterable[Curve]) -> list[FittedCurve]:
    """Fit both laws to the mean difference from frame 0's value, at the points that all have; the better first.

    Empty for fewer than five points, if frame 0 has no value, or if nothing changes.
    """
    found = [curve for curve in members if curve.inpainted[0] == 0]
    if not found:
        return []
    shared = shared_amounts(found)
    mean_drift = np.mean([select_values(curve, shared) - curve.values[0] for curve in found], axis=0)
    return fit_laws(shared, mean_drift) if mean_drift.any() else []


def convergence(previous: Iterable[Curve]) -> IntervalEstimate:
    """Ratio of the last distance between two consecutive measured frames to the first, of the means.

    Below 1 the trajectories converge; at 1 they change as fast as at the start. `previous`: curves of a metric
    NAME@previous, measured at equal intervals; the first point compares frame 0 with the next measured frame. Only
    complete curves count.
    """
    complete = [curve for curve in previous if curve.complete]
    ends: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for curve in complete:
        values = curve.values[curve.inpainted > 0]
        if len(values) > 1:
            ends[curve.image].append((float(values[-1]), float(values[0])))
    if not ends:
        return NO_ESTIMATE
    return estimate(np.array([np.mean(found, axis=0) for found in ends.values()]), ratio_of_means)


def spread_over_runs(members: Iterable[Curve]) -> list[RunSpread]:
    """The spread over an image's seeds at each inpainted %; the trajectories differ only in image and seed."""
    values_at: defaultdict[float, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for curve in members:
        for inpainted, value in zip(curve.inpainted.tolist(), curve.values.tolist(), strict=True):
            values_at[inpainted][curve.image].append(value)
    return [_pool_spread(inpainted, values_at[inpainted].values()) for inpainted in sorted(values_at)]


def _pool_spread(inpainted: float, images: Iterable[list[float]]) -> RunSpread:
    repeated = [np.array(values) for values in images if len(values) > 1]
    freedom = sum(len(values) - 1 for values in repeated)
    squares = sum(float(values.var(ddof=1)) * (len(values) - 1) for values in repeated)
    sd = (squares / freedom) ** 0.5 if freedom else nan
    return RunSpread(inpainted, sd, len(repeated), sum(map(len, repeated)))
