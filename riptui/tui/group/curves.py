"""The charts and the table of a group: the mean of each mask size, all points, the runs of one image. No screen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path

import numpy as np

from riptui.results.curves import Curve, distributions
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.tui.group.choice import Choice
from riptui.tui.group.columns import tabulated
from riptui.tui.group.gathering import Member
from riptui.tui.group.table import Column, Row
from riptui.tui.plot.series import Series
from riptui.tui.trajectory.readings import names_in

BY = ("mask", "inpainter", "order", "size", "paste")
"""The fields that part a group's trajectories into curves, where they differ; the paper's figures have the first."""
MOST_CURVES = 8  # as many as there are colours
MOST_RUNS = 60  # lines; with more none can be followed
LEVELS = 400  # to which points are rounded, in both directions: finer than any chart's dots


Coverage = Mapping[str, Mapping[int, float]]
"""By path and frame: % of the pixels repainted at least once."""


@dataclass(frozen=True)
class Digest:
    """A group as it can be shown."""

    choice: Choice
    """As far as it could be followed."""
    metrics: tuple[str, ...] = ()
    """All that anything was measured with."""
    series: tuple[Series, ...] = ()
    x_end: float = 0.0
    images: tuple[str, ...] = ()
    """The names of the source images."""
    note: str = ""
    """What is left out."""
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()


def digest(members: Mapping[str, Member], choice: Choice, coverage: Coverage, root: str) -> Digest:
    """What a choice shows of a group. `coverage` is needed for its axis alone; names are told from `root`."""
    metrics = tuple(names_in({place: dict.fromkeys(m.names) for place, m in enumerate(_unlike(members))}))
    images = {m.spec.original_sha256: printable(m.spec.source_name) for m in members.values()}
    metric = choice.metric if choice.metric in metrics else next(iter(metrics), choice.metric)
    image = choice.image % max(1, len(images))
    chosen = Choice(choice.view, metric, choice.axis, image)
    drawn = [member for member in members.values() if metric in member.names]
    if choice.view == "runs":
        drawn = [member for member in drawn if member.spec.original_sha256 == list(images)[image]]
    parts = _parted(drawn)
    series: list[Series] = []
    for color, (name, part) in enumerate(list(parts.items())[:MOST_CURVES]):
        curves = (curve for member in part if (curve := _curve(member, metric)))
        series += _DRAWN[choice.view](name, curves, color, coverage if choice.axis == "coverage" else None)
    left_out = f"{MOST_CURVES} of {len(parts)} curves" if len(parts) > MOST_CURVES else ""
    if choice.view == "runs" and len(series) > MOST_RUNS:
        left_out, series = f"{MOST_RUNS} of {len(series)} runs", series[:MOST_RUNS]
    end = max((member.spec.amount for member in members.values()), default=0.0)
    return Digest(
        chosen,
        metrics,
        tuple(series),
        100.0 if choice.axis == "coverage" else end,
        tuple(images.values()),
        left_out,
        *tabulated(members, metrics, root),
    )


def _parted(members: Sequence[Member]) -> dict[str, list[Member]]:
    """Members by what makes a curve of its own, by its name: 128 px, or 128 px telea."""
    by = [name for name in BY if name == "mask" or len({getattr(member.spec, name) for member in members}) > 1]
    keys = {member.path: tuple(getattr(member.spec, name) for name in by) for member in members}
    parts: dict[str, list[Member]] = {}
    for member in sorted(members, key=lambda member: keys[member.path]):
        parts.setdefault(_name(by, keys[member.path]), []).append(member)
    return parts


def _unlike(members: Mapping[str, Member]) -> list[Member]:
    """One member for each set of metrics."""
    return list({member.names: member for member in members.values()}.values())


def _curve(member: Member, metric: str) -> Curve | None:
    column = member.column(metric)
    if column is None:
        return None
    values = np.array(column)
    there = np.isfinite(values)
    k = np.array(member.at)[there]
    if not len(k):
        return None
    return Curve(Trajectory(Path(member.path)), member.spec, metric, k, 100 * k / member.spec.cells, values[there])


def _name(by: Sequence[str], key: Sequence[object]) -> str:
    """128 px, or 128 px telea shuffle."""
    parts = []
    for field_name, value in zip(by, key, strict=True):
        match field_name:
            case "mask":
                parts.append(f"{value} px")
            case "size":
                parts.append(f"of {value}")
            case "paste":
                parts.append("pasted" if value else "not pasted")
            case _:
                parts.append(printable(str(value)))
    return " ".join(parts)


def _mean(name: str, curves: Iterable[Curve], color: int, coverage: Coverage | None) -> list[Series]:
    """Mean and standard deviation at each inpainted %; over coverage: at the mean coverage there."""
    if coverage is None:
        found = distributions(curves)
        x = [one.inpainted for one in found]
    else:
        curves = list(curves)
        found = distributions(curves)
        covered: dict[float, list[float]] = {}
        for curve in curves:
            for inpainted, place in zip(curve.inpainted.tolist(), _places(curve, coverage), strict=True):
                covered.setdefault(inpainted, []).append(place)
        x = [float(np.mean(covered[one.inpainted])) for one in found]
    low, high = (
        tuple(None if isnan(one.sd) else one.mean + sign * one.sd for one in found)  # nan would differ from itself
        for sign in (-1, 1)
    )
    return [Series(name, tuple(x), tuple(one.mean for one in found), low, high, color)]


def _points(name: str, curves: Iterable[Curve], color: int, coverage: Coverage | None) -> list[Series]:
    """Every value, rounded so far that equal dots are drawn once."""
    points = np.concatenate([np.zeros((0, 2)), *(np.column_stack([_places(c, coverage), c.values]) for c in curves)])
    points = points[np.isfinite(points).all(axis=1)]
    if len(points):
        step = np.ptp(points, axis=0) / LEVELS
        step[step == 0] = 1.0
        _, kept = np.unique(np.round(points / step), axis=0, return_index=True)
        points = points[kept]
    return [Series(name, tuple(points[:, 0].tolist()), tuple(points[:, 1].tolist()), color=color, points_only=True)]


def _runs(name: str, curves: Iterable[Curve], color: int, coverage: Coverage | None) -> list[Series]:
    """A line for each trajectory, the first of them named."""
    lines = enumerate(curves)
    return [
        Series("" if n else name, tuple(_places(c, coverage)), tuple(c.values.tolist()), color=color) for n, c in lines
    ]


def _places(curve: Curve, coverage: Coverage | None) -> list[float]:
    if coverage is None:
        return [float(inpainted) for inpainted in curve.inpainted]
    covered = coverage.get(str(curve.trajectory.path), {})
    return [covered.get(int(k), nan) for k in curve.k]


_DRAWN = {"mean": _mean, "points": _points, "runs": _runs}
