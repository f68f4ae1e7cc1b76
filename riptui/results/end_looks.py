"""How trajectories end: what their last frame looks like, and whether the drift has settled, each by a threshold."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan
from typing import TYPE_CHECKING

from riptui import results
from riptui.errors import RiptuiError
from riptui.metrics.display import in_display_order
from riptui.results.collapse_thresholds import CollapseThresholds
from riptui.results.curves import Curve, drop_copies, extract_curve, read_coverage
from riptui.results.panel import distance_function, is_distance
from riptui.spec import POINT_SPACING_PERCENT, Spec
from riptui.store.frames import read_frames
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Trajectory

if TYPE_CHECKING:
    from riptui.results.frame_traits import FrameTraits

WINDOW = 2 * POINT_SPACING_PERCENT
"""% inpainted over which distances are averaged: two of the paper's points, at the end of each half of the amount."""

OnEndsProgress = Callable[[int, int], None]
"""Called as `on_progress(done, total)`."""


class EndLook(StrEnum):
    """What a last frame looks like; the first that holds."""

    UNIFORM = "uniform"
    COLLAGE = "collage"
    BLURRED = "blurred"
    NEITHER = "none of these"


@dataclass(frozen=True)
class TrajectoryEnd:
    """The end of a complete trajectory, as measured values; the labels are functions of them and of thresholds."""

    trajectory: Trajectory
    spec: Spec
    detail: float
    """% of the original's; nan if that has none."""
    seams: float
    """As in `FrameTraits`; nan for a frame of one square or without any detail."""
    structure: float
    """As `correlate_structure`, of the last frame and the original."""
    colour_spread: float
    """CIELAB."""
    original_spread: float
    """CIELAB, of the original."""
    distance: float
    """To the original at the end, by the metric; nan if that was not measured."""
    growth: float
    """% by which the distance per covered area changed from the half to the end of the amount; nan if not known."""

    @property
    def image(self) -> str:
        return self.spec.original_sha256

    def look(self, thresholds: CollapseThresholds) -> EndLook:
        if self.colour_spread < thresholds.uniform <= self.original_spread:
            return EndLook.UNIFORM
        is_new = self.structure < thresholds.collage_structure
        if is_new and self.seams > thresholds.collage_seams and self.detail >= thresholds.collage_detail:
            return EndLook.COLLAGE
        return EndLook.BLURRED if self.detail < thresholds.blurred else EndLook.NEITHER

    def is_stabilised(self, thresholds: CollapseThresholds) -> bool | None:
        """None if it is not known."""
        return None if isnan(self.growth) else abs(self.growth) < thresholds.stabilised


@dataclass(frozen=True)
class TrajectoryEnds:
    """The ends of many trajectories."""

    members: Sequence[TrajectoryEnd]
    metric: str | None
    """Of `distance` and `growth`; None if none was given."""
    left_out: Sequence[str] = ()
    """What was left out, each with the reason."""


def distance_metrics(summaries: Iterable[TrajectorySummary]) -> list[str]:
    """The metrics that any trajectory has and that are distances to the original, or can be taken as such."""
    measured = {name for summary in summaries for values in summary.metrics.values() for name in values}
    return [name for name in in_display_order(measured) if is_distance(name)]


def choose_distance(summaries: Iterable[TrajectorySummary]) -> str | None:
    """The metric that tells whether a trajectory settled: the first that the paper reports; None if there is none."""
    return next(iter(distance_metrics(summaries)), None)


def read_ends(
    summaries: Iterable[TrajectorySummary],
    metric: str | None,
    on_progress: OnEndsProgress = lambda done, total: None,
) -> TrajectoryEnds:
    """Read the last frames of all complete trajectories. Never raises for one of them.

    `metric`: one that is a distance to the original, or can be taken as one. Raises InputError for another.
    """
    if metric is not None:
        distance_function(metric)
    complete = [summary for summary in drop_copies(summaries) if summary.spec and summary.k >= summary.spec.iterations]
    traits_of_originals: dict[tuple[str, int], FrameTraits] = {}
    members, left_out = [], []
    for done, summary in enumerate(complete):
        on_progress(done, len(complete))
        try:
            members.append(_read_end(summary, metric, traits_of_originals))
        except RiptuiError as error:
            left_out.append(str(error))
    on_progress(len(complete), len(complete))
    return TrajectoryEnds(members, metric, left_out)


def _read_end(
    summary: TrajectorySummary, metric: str | None, traits_of_originals: "dict[tuple[str, int], FrameTraits]"
) -> TrajectoryEnd:
    """Raises DiskError, DamagedError, InputError for a frame that is gone."""
    trajectory, spec = summary.trajectory, summary.trajectory.spec
    (_, original), (_, last) = read_frames(trajectory, [0, spec.iterations])
    key = spec.original_sha256, spec.mask
    before = traits_of_originals.get(key) or results.frame_traits.measure_traits(original, spec.mask)
    traits_of_originals[key] = before
    after = results.frame_traits.measure_traits(last, spec.mask)
    curve = extract_curve(summary, metric) if metric else None
    is_measured = curve is not None and curve.complete
    return TrajectoryEnd(
        trajectory,
        spec,
        detail=100 * after.detail / before.detail if before.detail else nan,
        seams=after.seams,
        structure=results.frame_traits.correlate_structure(last, original),
        colour_spread=after.colour_spread,
        original_spread=before.colour_spread,
        distance=float(distance_function(curve.metric)(curve.values)[-1]) if curve and is_measured else nan,
        growth=measure_growth(curve) if curve and is_measured else nan,
    )


def measure_growth(curve: Curve) -> float:
    """% by which the distance per covered area changed over the second half of the amount.

    The means over the last WINDOW of each half are compared, because single points are noisy. An inpainter that
    damages each square once, and leaves it as bad, has 0 whatever was covered. nan if the amount has no two windows.
    Raises InputError for a metric that is not a distance; DiskError, DamagedError.
    """
    end = float(curve.inpainted[-1])
    coverage = read_coverage(curve)
    known = (curve.k > 0) & (coverage > 0)
    inpainted = curve.inpainted[known]
    density = distance_function(curve.metric)(curve.values)[known] / coverage[known]
    first, second = (density[(inpainted > until - WINDOW) & (inpainted <= until)] for until in (end / 2, end))
    if end < 2 * WINDOW or not len(first) or not len(second) or first.mean() <= 0:
        return nan
    return float(100 * (second.mean() / first.mean() - 1))
