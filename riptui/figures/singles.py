"""Figures 9 and 13: single images, one run a mask size; and single images with all their seeds."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.export.tables import Cell
from riptui.figures import panels, style
from riptui.figures.drawing import Drawing, Missing, counted
from riptui.figures.material import Condition, Point, Subject
from riptui.terminal import printable

IMAGES = 3  # the paper's
LEAST_SEEDS = 2


class Kind(NamedTuple):
    """Of an image whose curves by mask size look like one of the paper's three."""

    name: str
    subject: Subject


def single_images(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figure 9: a panel per image, a line per mask size."""
    metric = condition.metric
    chosen = kinds(condition) if metric else []
    if metric is None or not chosen:
        yield Missing("9", condition.of, "an image that was measured to the end at every mask size")
        return
    looks = panels.looks(condition)
    for coverage in (False, True):
        figure = style.blank(style.across(len(chosen)), 2.7)
        shared: Axes | None = None
        rows: list[dict[str, Cell]] = []
        for at, (kind, subject) in enumerate(chosen):
            shared = axes = figure.add_subplot(1, len(chosen), at + 1, sharey=shared)
            axes.set_title("\n".join(filter(None, (kind, style.label(subject.name, 26)))))
            for mask, run in subject.first().items():
                found = run.points(metric)
                _line(axes, found, coverage=coverage, width=1.3, marked=True, look=looks[mask])
                rows += [{"kind": kind or None, **row} for row in run.rows(metric)]
            style.percent_axis(axes, coverage=coverage, last=condition.last)
            if not at:
                axes.set_ylabel(style.axis_name(metric))
            axes.label_outer()
        style.value_axis(figure.axes[0], metric)
        style.legend(figure, looks)
        yield Drawing(
            "9", condition.stem("9", coverage=coverage), _singles_caption(condition, chosen, coverage), figure, rows
        )


def seeds(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figure 13: a row per image, a column per mask size, a line per seed."""
    metric = condition.metric
    repeated = _repeated(condition, metric) if metric else []
    if metric is None or not repeated:
        needs = f"an image with {LEAST_SEEDS} seeds or more at a mask size (the paper has 10): riptui run --seed 0-9"
        yield Missing("13", condition.of, needs)
        return
    chosen = repeated[:IMAGES]
    rows = [row for subject in chosen for runs in subject.runs.values() for run in runs for row in run.rows(metric)]
    for coverage in (False, True):
        figure = _grid(condition, chosen, metric, coverage=coverage)
        caption = _seeds_caption(chosen, metric, coverage)
        yield Drawing("13", condition.stem("13", coverage=coverage), caption, figure, rows)


def _grid(condition: Condition, chosen: Sequence[Subject], metric: str, *, coverage: bool) -> Figure:
    masks = condition.masks
    figure = style.blank(style.across(len(masks)), 0.5 + 1.8 * len(chosen))
    shared: Axes | None = None
    for at, subject in enumerate(chosen):
        for column, mask in enumerate(masks):
            place = at * len(masks) + column + 1
            shared = axes = figure.add_subplot(len(chosen), len(masks), place, sharex=shared, sharey=shared)
            look = {"color": panels.looks(condition)[mask]["color"]}
            runs = [run for run in subject.runs.get(mask, ()) if metric in run.curves]
            for run in runs:
                _line(axes, run.points(metric), coverage=coverage, width=0.9, marked=False, look=look)
            if not runs:
                axes.text(0.5, 0.5, "no run", transform=axes.transAxes, ha="center", color=style.FAINT)
            style.percent_axis(axes, coverage=coverage, last=condition.last)
            if not at:
                axes.set_title(f"mask {mask} px")
            if not column:
                axes.set_ylabel(f"{style.label(subject.name, 20)}\n{style.axis_name(metric)}")
            axes.label_outer()
    style.value_axis(figure.axes[0], metric)
    return figure


def kinds(condition: Condition) -> list[Kind]:
    """Three images that look most like the paper's three kinds; without names where there are fewer than three.

    Of the images that were measured at every mask size of the condition. Stabilises: the least of the way gone in the
    second half. Spreads by mask size: the largest range over mask sizes at the end for its mean. Similar: the smallest.
    """
    metric = condition.metric or ""
    whole = [
        one
        for one in condition.subjects()
        if list(one.runs) == condition.masks and all(metric in run.curves for run in one.first().values())
    ]
    if len(whole) < IMAGES or len(condition.masks) < 2:
        return [Kind("", one) for one in whole[:IMAGES]]
    ranges = {id(one): _range(one, metric) for one in whole}
    stable = min(whole, key=lambda one: _late(one, metric))
    rest = [one for one in whole if one is not stable]
    spreads = max(rest, key=lambda one: ranges[id(one)])
    similar = min((one for one in rest if one is not spreads), key=lambda one: ranges[id(one)])
    return [Kind("stabilises", stable), Kind("spreads by mask size", spreads), Kind("similar", similar)]


def _late(subject: Subject, metric: str) -> float:
    """Share of the way from the first value to the last that is gone in the second half; the largest mask's worst."""
    shares = []
    for run in subject.first().values():
        one = run.curves[metric]
        half = one.values[one.inpainted >= one.inpainted[-1] / 2][0]
        way = abs(one.values[-1] - one.values[0])
        shares.append(abs(one.values[-1] - half) / way if way else 0.0)
    return float(max(shares))


def _range(subject: Subject, metric: str) -> float:
    ends = [run.curves[metric].values[-1] for run in subject.first().values()]
    middle = abs(sum(ends) / len(ends))
    return float((max(ends) - min(ends)) / middle) if middle else 0.0


def _repeated(condition: Condition, metric: str) -> list[Subject]:
    """The images with several seeds; those with most seeds at every mask size first."""

    def fewest(subject: Subject) -> int:
        return min(sum(metric in run.curves for run in subject.runs.get(mask, ())) for mask in condition.masks)

    def most(subject: Subject) -> int:
        return max(sum(metric in run.curves for run in runs) for runs in subject.runs.values())

    found = [one for one in condition.subjects() if most(one) >= LEAST_SEEDS]
    return sorted(found, key=lambda one: (-fewest(one), -most(one)))


def _line(axes: Axes, found: Sequence[Point], *, coverage: bool, width: float, marked: bool, look: style.Look) -> None:
    known = [one for one in found if not coverage or isfinite(one.coverage)]
    edges = style.markers(len(known)) if marked else {}
    axes.plot(
        [one.coverage if coverage else one.inpainted for one in known],
        [one.value for one in known],
        linewidth=width,
        **edges,
        **look,
    )


def _singles_caption(condition: Condition, chosen: Sequence[Kind], coverage: bool) -> str:
    metric, against = condition.metric or "", _against(coverage)
    names = ", ".join(printable(kind.subject.name) for kind in chosen)
    which = (
        "the images of all that look most like the paper's three kinds"
        if chosen[0].name
        else "without kinds, for which there must be three images at two mask sizes"
    )
    return (
        f"{metric} of {counted(len(chosen), 'image')} ({names}) against {against}, one trajectory for each mask size, "
        f"n = {sum(len(kind.subject.runs) for kind in chosen)} trajectories; {which}."
    )


def _seeds_caption(chosen: Sequence[Subject], metric: str, coverage: bool) -> str:
    runs = [sum(metric in run.curves for run in runs) for one in chosen for runs in one.runs.values()]
    each = f"{min(runs)}" if min(runs) == max(runs) else f"{min(runs)} to {max(runs)}"
    return (
        f"{metric} against {_against(coverage)}, a line for each seed: {counted(len(chosen), 'image')}, {each} runs "
        f"for each image and mask size, n = {counted(sum(runs), 'trajectory')}."
    )


def _against(coverage: bool) -> str:
    return "the trajectory's own coverage" if coverage else "the inpainted amount"
