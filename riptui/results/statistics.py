"""What a group of trajectories says in a few numbers: how far, how soon, how sure, and whether it settles.

Only complete trajectories count, for the others' last values are not comparable; how many were left out is told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import nan
from statistics import median
from typing import NamedTuple

import numpy as np

from riptui.results.bootstrap import NOTHING, Estimate, estimate, ratio
from riptui.results.curves import Curve, Distribution, at, common, distribution
from riptui.results.fits import Fit, fit


@dataclass(frozen=True)
class Drift:
    """A group of trajectories of one amount, by one metric."""

    trajectories: int
    """Complete ones."""
    unfinished: int
    images: int
    amount: float
    """% inpainted at the end."""
    last: Distribution | None
    """Of the values at the end; None if no trajectory is complete."""
    final: Estimate
    """Mean of the values at the end."""
    area: Estimate
    """Mean of the values over the whole amount (the area under the curve, divided by the amount)."""
    half_life: float | None
    """% inpainted at which half of the way is gone: the median over trajectories. None if none has gone any."""
    laws: list[Fit]
    """Fitted to the mean of the drift, the better first; none for fewer than five measured points."""


class Runs(NamedTuple):
    """Spread over the seeds of one image, at one inpainted %."""

    inpainted: float
    sd: float
    """Pooled: the root of the mean variance within an image, images weighted by their degrees of freedom."""
    images: int
    """Those with at least two runs."""
    runs: int


def drift(members: Collection[Curve]) -> Drift:
    """The numbers of a group. All its trajectories should have one amount: group by it where they differ."""
    complete = [one for one in members if one.complete]
    half_lives = [found for one in complete if (found := half_life(one)) is not None]
    ends = [float(one.values[-1]) for one in complete]
    amount = float(complete[0].inpainted[-1]) if complete else nan
    return Drift(
        trajectories=len(complete),
        unfinished=len(members) - len(complete),
        images=len({one.image for one in complete}),
        amount=amount,
        last=distribution(amount, np.array(ends)) if complete else None,
        final=by_image(complete, ends),
        area=by_image(complete, [area(one) for one in complete]),
        half_life=median(half_lives) if half_lives else None,
        laws=laws(complete),
    )


def by_image(members: Sequence[Curve], values: Sequence[float]) -> Estimate:
    """The mean over trajectories of a value of each, with an interval over their images."""
    sums: defaultdict[str, list[float]] = defaultdict(list)
    for one, value in zip(members, values, strict=True):
        sums[one.image].append(value)
    if not sums:
        return NOTHING
    return estimate(np.array([(sum(found), len(found)) for found in sums.values()], dtype=np.float64), ratio)


def area(one: Curve) -> float:
    """The mean value from the first measured point to the last, by trapezoids; from 0 % if frame 0 has a value.

    nan for a single point.
    """
    if len(one.values) < 2:
        return nan
    between = (one.values[1:] + one.values[:-1]) / 2
    return float(between @ np.diff(one.inpainted) / (one.inpainted[-1] - one.inpainted[0]))


def half_life(one: Curve) -> float | None:
    """% inpainted at which the value first is half way from that of frame 0 to that of the last frame.

    Linear between measured points. None if there is no way (they are equal), or frame 0 has no finite value (PSNR).
    """
    if one.inpainted[0] != 0 or one.values[-1] == one.values[0]:
        return None
    gone = (one.values - one.values[0]) / (one.values[-1] - one.values[0])
    after = int(np.argmax(gone >= 0.5))
    share = (0.5 - gone[after - 1]) / (gone[after] - gone[after - 1])
    return float(one.inpainted[after - 1] + share * (one.inpainted[after] - one.inpainted[after - 1]))


def laws(members: Iterable[Curve]) -> list[Fit]:
    """Both laws fitted to the mean distance from the value at frame 0, at the points all have; the better first.

    None for fewer than five points, without a value of frame 0, or if nothing ever changes.
    """
    found = [one for one in members if one.inpainted[0] == 0]
    if not found:
        return []
    shared = common(found)
    away = np.mean([at(one, shared) - one.values[0] for one in found], axis=0)
    return fit(shared, away) if away.any() else []


def convergence(previous: Iterable[Curve]) -> Estimate:
    """How much nearer two consecutive measured frames are at the end than at the start: the last distance between
    them over the first, of the means. Below 1 the trajectories converge; at 1 they wander on as fast as before.

    `previous`: curves of a metric NAME@previous, measured at equal distances. Their first point is of frame 0 and the
    next one. Only complete ones count.
    """
    complete = [one for one in previous if one.complete]
    ends: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in complete:
        after = one.values[one.inpainted > 0]
        if len(after) > 1:
            ends[one.image].append((float(after[-1]), float(after[0])))
    if not ends:
        return NOTHING
    return estimate(np.array([np.mean(found, axis=0) for found in ends.values()]), ratio)


def spread_over_runs(members: Iterable[Curve]) -> list[Runs]:
    """The spread over seeds of one image, at each inpainted %, of trajectories that differ in image and seed alone."""
    values_at: defaultdict[float, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in members:
        for inpainted, value in zip(one.inpainted.tolist(), one.values.tolist(), strict=True):
            values_at[inpainted][one.image].append(value)
    return [_pooled(inpainted, values_at[inpainted].values()) for inpainted in sorted(values_at)]


def _pooled(inpainted: float, images: Iterable[list[float]]) -> Runs:
    repeated = [np.array(values) for values in images if len(values) > 1]
    freedom = sum(len(values) - 1 for values in repeated)
    squares = sum(float(values.var(ddof=1)) * (len(values) - 1) for values in repeated)
    sd = (squares / freedom) ** 0.5 if freedom else nan
    return Runs(inpainted, sd, len(repeated), sum(map(len, repeated)))
