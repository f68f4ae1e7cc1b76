"""Metrics of sets against the inpainted amount: of a group's frames against their originals, and between two groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from riptui.errors import InputError
from riptui.metrics.sets import explain_refusal, find_set_metric
from riptui.results.bootstrap import NO_ESTIMATE, IntervalEstimate
from riptui.results.picture_sets import FrameSet, PictureSets, SetGroup
from riptui.results.set_intervals import SetValue, difference_of, estimate_difference, estimate_set, make_value, mean_of


@dataclass(frozen=True)
class SetMetricPoint:
    """A metric of sets at one inpainted %."""

    inpainted: float
    images: int
    estimate: IntervalEstimate
    refused: str = ""
    """Why it has no value."""


@dataclass(frozen=True, eq=False)
class SetCurve:
    """A group's frames against their originals, at every measured point but 0 %."""

    group: SetGroup
    metric: str
    points: Sequence[SetMetricPoint]

    @property
    def refusal(self) -> str:
        """Why no point has a value; "" if any has."""
        refusals = {point.refused for point in self.points}
        return refusals.pop() if len(refusals) == 1 else ""


@dataclass(frozen=True, eq=False)
class SetComparison:
    """Two groups of the same mask size, on the pictures that both have, at the points that both have."""

    first: SetGroup
    second: SetGroup
    between: Sequence[SetMetricPoint]
    """The first's frames against the second's."""
    differences: Sequence[SetMetricPoint]
    """The first's distance to the originals less the second's, at equal n."""


def set_curves(sets: PictureSets, metric: str) -> list[SetCurve]:
    """One for each group. Raises InputError for an unknown metric, MissingExtraError."""
    return [SetCurve(group, metric, [*_measure_group(group, sets, metric)]) for group in sets.groups]


def set_comparisons(sets: PictureSets, metric: str, *, only_end: bool = False) -> list[SetComparison]:
    """One for each pair of groups that differ in something else than the mask size.

    only_end: at the last point that both have, and at no other.

    Raises InputError if there is no pair with pictures in common; MissingExtraError.
    """
    found = [
        _compare(first, second, sets, metric, only_end)
        for first, second in combinations(sets.groups, 2)
        if first.spec.mask == second.spec.mask and _shared(first.originals, second.originals)
    ]
    if not found:
        raise InputError("nothing to compare: there are no two groups of one mask size with pictures in common")
    return found


def _measure_group(group: SetGroup, sets: PictureSets, metric: str) -> Iterator[SetMetricPoint]:
    info = find_set_metric(metric)
    for inpainted, frames in group.points.items():
        if not inpainted:
            continue
        images = len(frames.images)
        if refused := explain_refusal(metric, images, sets.dimension):
            yield SetMetricPoint(inpainted, images, NO_ESTIMATE, refused)
            continue
        statistic = _against(frames, group.originals.select(frames.images), metric)
        yield SetMetricPoint(inpainted, images, estimate_set(statistic, images, info))


def _compare(first: SetGroup, second: SetGroup, sets: PictureSets, metric: str, only_end: bool) -> SetComparison:
    between, differences = [], []
    info = find_set_metric(metric)
    shared = [point for point in first.points if point and point in second.points]
    for inpainted in shared[-1:] if only_end else shared:
        images = _shared(first.points[inpainted], second.points[inpainted])
        frames, others = (group.points[inpainted].select(images) for group in (first, second))
        originals = first.originals.select(images)
        refused = explain_refusal(metric, len(images), sets.dimension)
        estimate = NO_ESTIMATE if refused else estimate_set(_against(frames, others, metric), len(images), info)
        between.append(SetMetricPoint(inpainted, len(images), estimate, refused))
        # the bias of few pictures cancels; but a classifier of too few finds 0 for both
        if len(images) >= info.pictures and not (info.is_fitted and refused):
            difference = difference_of(*(_against(reference, originals, metric) for reference in (frames, others)))
            estimate = estimate_difference(difference, len(images), info)
            differences.append(SetMetricPoint(inpainted, len(images), estimate))
    return SetComparison(first, second, between, differences)


def _shared(first: FrameSet, second: FrameSet) -> list[str]:
    return sorted({*first.images} & {*second.images})


def _against(frames: FrameSet, references: FrameSet, metric: str) -> SetValue:
    """The mean over the seeds that both have; the originals are the same for all seeds."""
    pairs = zip(frames.by_seed, references.by_seed, strict=False)
    return mean_of([make_value(metric, vectors, others) for vectors, others in pairs])
