"""What recursion does to the error of squares, by picture: the error by exposure, its slope, the excess over coverage.

Squares differ far more from each other than a square does between its repaints, and few reach a high exposure. So
both the error by exposure and its slope compare each square with itself. In all of it the squares and iterations of a
picture are pooled over its seeds first, and then pictures are averaged: n is pictures.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from riptui.results.bootstrap import IntervalEstimate, estimate, ratio_of_means
from riptui.results.exposure import PerFrame, PerRepaint, SquareErrors

MAX_POINTS = 80  # of a curve, besides the one at 0 %

ErrorAndNull = Float64[np.ndarray, "2 frames"]
Frames = Int64[np.ndarray, " points"]


@dataclass(frozen=True)
class ExposureMean:
    """The mean error right after the t-th repaint."""

    exposure: int
    error: IntervalEstimate
    """Mean error of all first repaints, plus how much farther the squares repainted so often are than after theirs."""
    repaints: int
    """Count of the repaints it is the mean of, those of tiles as parts of a mask."""


@dataclass(frozen=True)
class NullPoint:
    """The mean error of the frames at one inpainted %, and the coverage null's."""

    inpainted: float
    error: float
    null: float


@dataclass(frozen=True)
class RecursionEffect:
    """What recursion did to one kind of error in trajectories that differ only in picture and seed."""

    error: str
    trajectories: int
    images: int
    by_exposure: Sequence[ExposureMean]
    """From t = 1 up to the last exposure that squares of every picture reached."""
    slope: IntervalEstimate
    """R, the recursion effect: change of a square's error with each further repaint, in the error's unit."""
    relative_slope: IntervalEstimate
    """R in % of the mean error after one repaint."""
    end: IntervalEstimate
    """Mean error of the last frame."""
    excess: IntervalEstimate
    """How much of it is beyond the coverage null."""
    explained: IntervalEstimate
    """How much of it the coverage null explains, in %."""
    curve: Sequence[NullPoint]

    @property
    def first(self) -> IntervalEstimate:
        """D1: mean error after one repaint."""
        return self.by_exposure[0].error


def compute_effect(members: Iterable[SquareErrors], name: str) -> RecursionEffect:
    """Summarise one kind of error of complete trajectories that differ only in picture and seed; at least one."""
    by_image: defaultdict[str, list[SquareErrors]] = defaultdict(list)
    for member in members:
        by_image[member.image].append(member)
    images = list(by_image.values())
    by_exposure = _mean_by_exposure(images, name)
    slopes = np.array([fit_slope(seeds, name) for seeds in images])
    firsts = np.array([_first_mean(seeds, name) for seeds in images])
    curves = [[_error_and_null(member, name) for member in seeds] for seeds in images]
    ends, nulls = np.array([np.mean([pair[:, -1] for pair in seeds], axis=0) for seeds in curves]).T
    known = np.isfinite(slopes)
    relative = estimate(np.column_stack([slopes, firsts])[known], ratio_of_means)
    explained = estimate(np.column_stack([nulls, ends]), ratio_of_means)
    return RecursionEffect(
        name,
        sum(map(len, images)),
        len(images),
        by_exposure,
        estimate(slopes[known, None]),
        relative.map(_percent),
        estimate(ends[:, None]),
        estimate((ends - nulls)[:, None]),
        explained.map(_percent),
        _mean_curve(images, curves),
    )


def fit_slope(members: Iterable[SquareErrors], name: str) -> float:
    """Least-squares slope of the error over the exposure within squares; nan if no square was repainted twice.

    Each square of each trajectory has a level of its own (fixed effects), so the slope does not depend on which squares
    were repainted often.
    """
    products = squares = 0.0
    for member in members:
        exposure = member.exposures - _square_means(member, member.exposures.astype(np.float64))
        products += float(exposure @ member.errors[name])
        squares += float(exposure @ exposure)
    return products / squares if squares else np.nan


def _square_means(member: SquareErrors, values: PerRepaint) -> PerRepaint:
    """The mean of the values of each repaint's square."""
    counts = np.bincount(member.squares, minlength=member.cells)
    sums = np.bincount(member.squares, values, minlength=member.cells)
    means: PerRepaint = sums[member.squares] / counts[member.squares]
    return means


def _first_mean(seeds: Sequence[SquareErrors], name: str) -> float:
    """The mean error of a picture's first repaints."""
    return float(np.concatenate([member.errors[name][member.exposures == 1] for member in seeds]).mean())


def _mean_by_exposure(images: Sequence[Sequence[SquareErrors]], name: str) -> list[ExposureMean]:
    last = min(max(int(member.exposures.max()) for member in seeds) for seeds in images)
    means = []
    for exposure in range(1, last + 1):
        values, repaints = [], 0.0
        for seeds in images:
            first = _first_mean(seeds, name)
            changes = [
                (member.errors[name] - member.first_errors(name))[member.exposures == exposure] for member in seeds
            ]
            joined = np.concatenate(changes)
            values.append(first + joined.mean())
            repaints += sum(
                len(part) / member.repainted.per_iteration for part, member in zip(changes, seeds, strict=True)
            )
        means.append(ExposureMean(exposure, estimate(np.array(values)[:, None]), round(repaints)))
    return means


def _error_and_null(member: SquareErrors, name: str) -> ErrorAndNull:
    return np.stack([member.frame_errors(name), member.coverage_null(name)])


def _mean_curve(images: Sequence[Sequence[SquareErrors]], curves: Sequence[Sequence[ErrorAndNull]]) -> list[NullPoint]:
    """The curves averaged over the seeds of each picture and then over pictures, at the amounts that all have."""
    amounts, frames = _shared_frames([member for seeds in images for member in seeds])
    chosen = iter(frames)
    means = np.mean([np.mean([pair[:, next(chosen)] for pair in seeds], axis=0) for seeds in curves], axis=0)
    return [NullPoint(*map(float, point)) for point in zip(amounts, *means, strict=True)]


def _shared_frames(members: Sequence[SquareErrors]) -> tuple[PerFrame, list[Frames]]:
    """Amounts, and each member's frames there; some of them all if all have the same."""
    amounts = members[0].inpainted
    if all(np.array_equal(member.inpainted, amounts) for member in members):
        last = len(amounts) - 1
        chosen = np.unique(np.rint(np.linspace(0, last, min(last, MAX_POINTS) + 1)).astype(int))
        return amounts[chosen], [chosen] * len(members)
    by_member = [[member.spec.amount_at(k) for k in range(len(member.inpainted))] for member in members]
    shared = np.array(sorted(set(by_member[0]).intersection(*by_member[1:])))
    return shared, [np.searchsorted(found, shared) for found in by_member]


def _percent(share: float) -> float:
    return 100 * share
