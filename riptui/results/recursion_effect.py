"""What recursion does to the error of squares, by picture: the error by exposure, its slope, the excess over coverage.

Squares differ far more from each other than a square does between its repaints, and few reach a high exposure. So
both the error by exposure and its slope compare each square with itself. Squares are drawn independently of their
errors, so which of them are repainted often biases neither. In all of it the squares and iterations of a picture are
pooled over its seeds first, and then pictures are averaged: n is pictures. Where the pictures share the squares of
enough seeds, each seed is measured by itself, and pictures and seeds are both resampled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from riptui.arrays import Float64, Int64
from riptui.results.bootstrap import (
    MIN_INTERVAL_IMAGES,
    IntervalEstimate,
    Resampled,
    StatisticOfMeans,
    estimate,
    estimate_crossed,
    first_mean,
    ratio_of_means,
)
from riptui.results.direct_effect import sum_direct_changes
from riptui.results.exposure import PerFrame, PerRepaint, SquareErrors
from riptui.results.shared_squares import count_shared

MAX_POINTS = 80  # of a curve, besides the one at 0 %

ErrorAndNull = Float64[np.ndarray, "2 frames"]
Frames = Int64[np.ndarray, " points"]
Pooled = Sequence[SquareErrors]
"""Trajectories of one picture whose squares are taken together."""
Measure = Callable[[Pooled], Sequence[float] | Float64[np.ndarray, " columns"]]
MeasuredSample = Float64[np.ndarray, "images columns"] | Float64[np.ndarray, "images seeds columns"]


@dataclass(frozen=True)
class ExposureMean:
    """The mean error right after the t-th repaint."""

    exposure: int
    error: IntervalEstimate
    """Mean error of all first repaints, plus the mean change since then of the squares repainted t times."""
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
    """From t = 1 up to the last exposure that some square of every picture reached."""
    slope: IntervalEstimate
    """R, the recursion effect: change of a square's error with each further repaint, in the error's unit."""
    relative_slope: IntervalEstimate
    """R in % of the mean error after one repaint."""
    direct: IntervalEstimate
    """What of `relative_slope` a repaint does by itself, nothing that touches the square having been repainted."""
    indirect: IntervalEstimate
    """The rest of `relative_slope`, which came through the surroundings."""
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


@dataclass(frozen=True, eq=False)
class PictureSample:
    """The trajectories of a sample of pictures, which differ in picture and seed alone."""

    images: Sequence[Pooled]
    sequences: Sequence[int]
    """Seeds that are resampled as well; none unless the pictures share the squares of enough."""

    def measure(self, measure: Measure) -> MeasuredSample:
        """Measure each picture, or each picture and sequence if these are resampled too; nan where there is none."""
        if not self.sequences:
            return np.array([measure(image) for image in self.images], np.float64)
        missing = np.full_like(measure(self.images[0]), np.nan, np.float64)
        found = [
            [[member for member in image if member.spec.seed == seed] for seed in self.sequences]
            for image in self.images
        ]
        return np.array([[measure(cell) if cell else missing for cell in cells] for cells in found], np.float64)

    def estimate(self, measured: MeasuredSample, statistic: StatisticOfMeans = first_mean) -> IntervalEstimate:
        """A statistic of the means of columns of `measure`; what is not finite is left out."""
        known = np.isfinite(measured).all(axis=-1)
        if not self.sequences:
            return estimate(measured[known], statistic)
        return estimate_crossed(measured[np.any(known, axis=1)], statistic)


def make_sample(members: Iterable[SquareErrors]) -> PictureSample:
    """Arrange trajectories that differ only in picture and seed."""
    listed = list(members)
    by_image: defaultdict[str, list[SquareErrors]] = defaultdict(list)
    for member in listed:
        by_image[member.image].append(member)
    crossed = count_shared(listed) >= MIN_INTERVAL_IMAGES
    return PictureSample([*by_image.values()], sorted({member.spec.seed for member in listed}) if crossed else [])


def compute_effect(members: Iterable[SquareErrors], name: str) -> RecursionEffect:
    """Summarise one kind of error of complete trajectories that differ only in picture and seed; at least one."""
    sample = make_sample(members)
    slopes = sample.measure(
        lambda pooled: (fit_slope(pooled, name), _first_mean(pooled, name), *sum_direct_changes(pooled, name))
    )
    ends = sample.measure(lambda pooled: _mean_at_end(pooled, name))
    return RecursionEffect(
        name,
        sum(map(len, sample.images)),
        len(sample.images),
        _mean_by_exposure(sample, name),
        sample.estimate(slopes[..., :1]),
        sample.estimate(slopes[..., :2], ratio_of_means).map(_percent),
        sample.estimate(slopes, _direct_share).map(_percent),
        sample.estimate(slopes, _indirect_share).map(_percent),
        sample.estimate(ends[..., :1]),
        sample.estimate(ends[..., :1] - ends[..., 1:]),
        sample.estimate(ends[..., ::-1], ratio_of_means).map(_percent),
        _mean_curve(sample.images, name),
    )


def _direct_share(means: MeasuredSample) -> Resampled:
    """The direct effect / D1, of the columns R, D1 and those of `sum_direct_changes`."""
    _, first, changes, weights = np.moveaxis(means, -1, 0)
    share: Resampled = changes / weights / first
    return share


def _indirect_share(means: MeasuredSample) -> Resampled:
    share: Resampled = means[..., 0] / means[..., 1] - _direct_share(means)
    return share


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


def _first_mean(pooled: Pooled, name: str) -> float:
    """The mean error of first repaints."""
    return float(np.concatenate([member.errors[name][member.is_first] for member in pooled]).mean())


def _mean_by_exposure(sample: PictureSample, name: str) -> list[ExposureMean]:
    last = min(max(int(member.exposures.max()) for member in pooled) for pooled in sample.images)
    measured = sample.measure(lambda pooled: _errors_by_exposure(pooled, name, last))
    repaints = np.zeros(last + 1)
    for member in (member for pooled in sample.images for member in pooled):
        counts = np.bincount(member.exposures, minlength=last + 1)[: last + 1]
        repaints += counts / member.repainted.per_iteration
    return [
        ExposureMean(exposure, sample.estimate(measured[..., exposure - 1 : exposure]), round(repaints[exposure]))
        for exposure in range(1, last + 1)
    ]


def _errors_by_exposure(pooled: Pooled, name: str, last: int) -> list[float]:
    """As `ExposureMean.error`, of one picture, after 1, 2, 3 ... repaints; nan where no square has so many."""
    first = _first_mean(pooled, name)
    exposures = np.concatenate([member.exposures for member in pooled])
    changes = np.concatenate([member.errors[name] - member.first_errors(name) for member in pooled])
    by_exposure = (changes[exposures == exposure] for exposure in range(1, last + 1))
    return [first + float(found.mean()) if len(found) else np.nan for found in by_exposure]


def _error_and_null(member: SquareErrors, name: str) -> ErrorAndNull:
    return np.stack([member.frame_errors(name), member.coverage_null(name)])


def _mean_at_end(pooled: Pooled, name: str) -> PerFrame:
    """A picture's mean error of the last frame, and its coverage null."""
    means: PerFrame = np.mean([_error_and_null(member, name)[:, -1] for member in pooled], axis=0)
    return means


def _mean_curve(images: Sequence[Pooled], name: str) -> list[NullPoint]:
    """The curves averaged over the seeds of each picture and then over pictures, at the amounts that all have."""
    amounts, frames = _shared_frames([member for pooled in images for member in pooled])
    chosen = iter(frames)
    means = np.mean(
        [np.mean([_error_and_null(member, name)[:, next(chosen)] for member in pooled], axis=0) for pooled in images],
        axis=0,
    )
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
