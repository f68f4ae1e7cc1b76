"""The charts and the table of a group: means by mask size, all points, the trajectories of one image. No Textual."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite, isinf, isnan, nan
from pathlib import Path
from types import MappingProxyType

import numpy as np

from riptui.errors import RiptuiError
from riptui.metrics.display import distance_name, in_display_order, metric_title
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.coverage_null import excess_over_coverage
from riptui.results.curves import Curve, GroupKey, distributions, group_by
from riptui.results.exposure import SquareErrors
from riptui.results.panel import condition_settings, is_distance
from riptui.results.picture_names import name_pictures
from riptui.spec import ParameterValue
from riptui.spec_words import NO_INTERVENTION_TITLE, describe_setting
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_count
from riptui.tui.group.chart_options import SETS, ChartOptions
from riptui.tui.group.columns import build_table
from riptui.tui.group.compare_data import distinct_names
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.plot.series import Series
from riptui.tui.row_table import TableColumn, TableRow
from riptui.tui.trajectory import metric_series

MAX_CURVES = 8  # one per colour
MAX_NAMED_SETTINGS = 3  # more values do not fit into the name of a curve
MAX_RUNS = 60  # more lines cannot be told apart
ROUNDING_LEVELS = 400  # of the points in both directions: finer than the dots of any chart


CoverageByPath = Mapping[str, Mapping[int, float]]
"""By path and frame: % of the pixels repainted at least once."""


@dataclass(frozen=True)
class GroupData:
    options: ChartOptions  # the requested options, adapted to the group
    metrics: tuple[str, ...] = ()  # the metrics of all trajectories
    series: tuple[Series, ...] = ()
    x_end: float = 0.0
    images: tuple[str, ...] = ()  # the names of the source images
    note: str = ""  # by which settings there are curves, beside the mask size, and what is left out, if anything
    columns: tuple[TableColumn, ...] = ()
    rows: tuple[TableRow, ...] = ()
    of_passes: bool = False  # whether x counts passes over the whole image, and not % or repaints
    features: tuple[str, ...] = ()  # the extractors by which sets can be compared, sorted

    @property
    def x_name(self) -> str:
        """What the x axis is, in a word: inpainted, coverage, passes or repaints."""
        if self.of_passes:
            return "passes"
        if self.options.view == "recursion":
            return "repaints"
        return "coverage" if self.options.axis == "coverage" and self.options.view != SETS else "inpainted"

    @property
    def x_label(self) -> str:
        return self.x_name if self.x_name in ("repaints", "passes") else f"{self.x_name} %"

    @property
    def y_label(self) -> str:
        """The label of the y axis, with the LPIPS net, as one metric is drawn."""
        metric = self.options.metric
        if self.options.view == "recursion":
            return f"{metric_title(metric)} error of squares"
        if self.options.view == SETS:
            return f"{metric} of frames and originals"
        if self.options.axis == "excess":
            return f"excess of {distance_name(metric).removesuffix(metric)}{metric_title(metric)}"
        return metric_title(metric) if metric.startswith("lpips-") else metric_series.y_label([metric])


def build_group_data(
    members: Mapping[str, GroupMember],
    options: ChartOptions,
    coverage: CoverageByPath,
    root: str,
    *,
    squares: Mapping[str, SquareErrors] = MappingProxyType({}),
    exact: bool = False,
) -> GroupData:
    """Build a group's chart and table; names are relative to `root`.

    `coverage` and `squares`: by path, for the axes of those names alone. `exact`: every value of every trajectory, each
    a series of its own, also those that would hide each other.
    """
    metrics, metric = resolve_metric(members.values(), options)
    images = name_pictures(member.spec for member in members.values())
    resolved_options = replace(options, metric=metric, image=options.image % max(1, len(images)))
    drawn, left_out = _choose_drawn(members, resolved_options, images, squares)
    settings = [] if options.view == "each" else separating_settings(drawn)
    by_curve = _name_each(drawn) if options.view == "each" else split_by_curve(drawn, settings)
    build = _SERIES_BUILDERS["runs" if exact and options.view == "points" else options.view]
    series: list[Series] = []
    for colour, (name, curve_members) in enumerate([*by_curve.items()][:MAX_CURVES]):
        found = (curve for member in curve_members if (curve := _to_curve(member, metric)))
        curves = _excesses(found, squares) if options.axis == "excess" else found
        series += build(name, curves, colour, coverage if options.axis == "coverage" else None)
    if not any(True for line in series for _ in line.points()):
        series += _infinite_series(drawn, metric)
    notes = [f"curves by {', '.join(settings)}"] if len(settings) > 1 else []
    notes += left_out
    if len(by_curve) > MAX_CURVES:
        notes.append(f"{MAX_CURVES} of {len(by_curve)} curves")
    if options.view == "runs" and len(series) > MAX_RUNS and not exact:
        notes.append(f"{MAX_RUNS} of {len(series)} runs")
        series = series[:MAX_RUNS]
    if exact and options.view == "points":
        series = [replace(line, points_only=True) for line in series]
    all_metrics, _ = resolve_metric(members.values(), replace(options, axis="inpainted"))
    x_end = max((member.spec.amount for member in members.values()), default=0.0)
    return GroupData(
        resolved_options,
        metrics,
        tuple(series),
        100.0 if options.axis == "coverage" else x_end,
        tuple(images.values()),
        ", ".join(notes),
        *build_table(members, all_metrics, root),
    )


def resolve_metric(members: Iterable[GroupMember], options: ChartOptions) -> tuple[tuple[str, ...], str]:
    """The metrics that can be drawn, and which one is: the one of the options, or the first."""
    metric_sets = dict.fromkeys(member.names for member in members)
    metrics = tuple(in_display_order(name for names in metric_sets for name in names))
    if options.axis == "excess":
        metrics = tuple(filter(is_distance, metrics))
    return metrics, options.metric if options.metric in metrics else next(iter(metrics), options.metric)


def _choose_drawn(
    members: Mapping[str, GroupMember],
    options: ChartOptions,
    images: Mapping[str, str],
    squares: Mapping[str, SquareErrors],
) -> tuple[list[GroupMember], list[str]]:
    """The trajectories whose metric is drawn, and notes of what is left out. `images`: names by digest."""
    distinct: dict[str, GroupMember] = {}
    for member in members.values():
        distinct.setdefault(member.path if options.view == "each" else member.digest, member)
    drawn = [member for member in distinct.values() if options.metric in member.names]
    notes = [f"without {format_count(copies, 'copy')}"] if (copies := len(members) - len(distinct)) else []
    if options.axis == "excess":
        known = [member for member in drawn if member.path in squares]
        if others := len(drawn) - len(known):
            notes.append(f"without {format_count(others, 'trajectory')}: unfinished, without paste or unreadable")
        drawn = known
    if options.view == "runs":
        drawn = [member for member in drawn if member.spec.original_sha256 == list(images)[options.image]]
    if options.view == "mean" and (growing := sum(member.k < member.spec.iterations for member in distinct.values())):
        notes.append(f"{format_count(growing, 'trajectory')} unfinished: late means are over fewer")
    return drawn, notes


def separating_settings(members: Sequence[GroupMember]) -> list[str]:
    """The settings that divide a group's trajectories into curves: the mask size, and what else differs."""
    inpainter, *others = condition_settings(members)
    return ["mask", *([inpainter] if len({member.spec.inpainter for member in members}) > 1 else []), *others]


def split_by_curve(members: Sequence[GroupMember], settings: Sequence[str]) -> dict[str, list[GroupMember]]:
    """The members of each curve by its name: 128 px, or 128 px telea; of many settings only those that few have."""
    groups = group_by(members, settings) if members else {}
    usual = _usual_values(settings, groups) if len(settings) > MAX_NAMED_SETTINGS else {}
    curves = {}
    for key, found in groups.items():
        told = [(name, value) for name, value in zip(settings, key, strict=True) if usual.get(name, ...) != value]
        names, values = zip(*told, strict=True) if told else ((), ())
        curves[describe_settings(names, values, whole_image=found[0].spec.whole_image)] = found
    return curves


def _usual_values(settings: Sequence[str], keys: Iterable[GroupKey]) -> dict[str, ParameterValue]:
    """The value of most curves, but for what every curve is called by."""
    columns = zip(*keys, strict=True)
    return {
        name: Counter(column).most_common(1)[0][0]
        for name, column in zip(settings, columns, strict=True)
        if name not in ("mask", "inpainter")
    }


def _to_curve(member: GroupMember, metric: str) -> Curve | None:
    column = member.values_of(metric)
    if column is None:
        return None
    values = np.array(column)
    measured = np.isfinite(values)
    k = np.array(member.measured_frames)[measured]
    if not len(k):
        return None
    inpainted = np.array([member.spec.amount_at(iteration) for iteration in k.tolist()], np.float64)
    until = member.measured_frames[-1]
    return Curve(Trajectory(Path(member.path)), member.spec, metric, k, inpainted, values[measured], until)


def _infinite_series(members: Iterable[GroupMember], metric: str) -> list[Series]:
    """What a chart without any other value says of, in a series without a name; none if nothing is infinite."""
    infinite = [value for member in members for value in member.values_of(metric) or () if isinf(value)]
    return [Series("", (0.0,) * len(infinite), tuple(infinite), points_only=True)] if infinite else []


def describe_settings(fields: Sequence[str], key: Sequence[object], *, whole_image: bool = False) -> str:
    """128 px, or 128 px telea shuffle. whole_image: whether the mask is the image."""
    parts = [
        "whole image" if name == "mask" and whole_image else printable(describe_setting(name, value))
        for name, value in zip(fields, key, strict=True)
    ]
    return " ".join(filter(None, parts)) or (NO_INTERVENTION_TITLE if parts else "")


def _name_each(members: Sequence[GroupMember]) -> dict[str, list[GroupMember]]:
    """A curve for each trajectory, by its path below what they have in common."""
    names = distinct_names([Path(member.path) for member in members]) if members else []
    return {name: [member] for name, member in zip(names, members, strict=True)}


def _excesses(curves: Iterable[Curve], squares: Mapping[str, SquareErrors]) -> Iterator[Curve]:
    for curve in curves:
        with suppress(RiptuiError):  # not measured above 0 %, or rows that cannot be read
            yield excess_over_coverage(curve, squares.get(str(curve.trajectory.path))).curve


def interval_ends(estimates: Sequence[IntervalEstimate]) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """The lower and the upper ends of intervals; None where there is none."""
    low, high = (
        tuple(end if isfinite(end := getattr(estimate, side)) else None for estimate in estimates)
        for side in ("low", "high")
    )
    return low, high


def _mean_series(name: str, curves: Iterable[Curve], colour: int, coverage: CoverageByPath | None) -> list[Series]:
    """Mean and standard deviation at each inpainted %, or at the mean coverage there."""
    curves = list(curves)
    stats = distributions(curves)
    x = [stat.inpainted for stat in stats]
    if coverage is not None:
        covered = [replace(curve, values=np.array(_x_positions(curve, coverage))) for curve in curves]
        x = [stat.mean for stat in distributions(covered)]
    low, high = (
        tuple(None if isnan(stat.sd) else stat.mean + sign * stat.sd for stat in stats)  # nan is not equal to itself
        for sign in (-1, 1)
    )
    counts = tuple(stat.n for stat in stats)
    return [Series(name, tuple(x), tuple(stat.mean for stat in stats), low, high, colour, counts=counts)]


def _point_series(name: str, curves: Iterable[Curve], colour: int, coverage: CoverageByPath | None) -> list[Series]:
    """Every value, rounded, so that equal dots are drawn once."""
    by_curve = (np.column_stack([_x_positions(curve, coverage), curve.values]) for curve in curves)
    points = np.concatenate([np.zeros((0, 2)), *by_curve])
    points = points[np.isfinite(points).all(axis=1)]
    if len(points):
        step = np.ptp(points, axis=0) / ROUNDING_LEVELS
        step[step == 0] = 1.0
        _, kept = np.unique(np.round(points / step), axis=0, return_index=True)
        points = points[kept]
    return [Series(name, tuple(points[:, 0].tolist()), tuple(points[:, 1].tolist()), colour=colour, points_only=True)]


def _run_series(name: str, curves: Iterable[Curve], colour: int, coverage: CoverageByPath | None) -> list[Series]:
    """A line per trajectory; only the first has a name."""
    return [
        Series(
            "" if index else name,
            tuple(_x_positions(curve, coverage)),
            tuple(curve.values.tolist()),
            colour=colour,
            source=str(curve.trajectory.path),
        )
        for index, curve in enumerate(curves)
    ]


def _x_positions(curve: Curve, coverage: CoverageByPath | None) -> list[float]:
    if coverage is None:
        return [float(inpainted) for inpainted in curve.inpainted]
    covered = coverage.get(str(curve.trajectory.path), {})
    return [covered.get(int(k), nan) for k in curve.k]


_SERIES_BUILDERS = {"mean": _mean_series, "points": _point_series, "runs": _run_series, "each": _run_series}
