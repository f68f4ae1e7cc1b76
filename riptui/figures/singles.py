"""Figures 9 and 13: single images with one run per mask size, and with all their seeds."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.export.tables import TableCell
from riptui.figures import panels, style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import Condition, FigurePoint, ImageRuns
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.text.terminal import printable
from riptui.text.units import format_count

IMAGES = 3  # as in the paper
MIN_SEEDS = 2


class ImageKind(NamedTuple):
    """An image, and which of the paper's three kinds its curves by mask size look like."""

    name: str
    image: ImageRuns


def draw_single_images(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 9: one panel per image, one line per mask size."""
    metric = condition.metric
    chosen = choose_kinds(condition) if metric else []
    if metric is None or not chosen:
        yield SkippedFigure("9", condition.label, "an image that was measured to the end at every mask size")
        return
    marks = panels.mark_styles(condition)
    for view in condition.views_of(metric):
        figure = style.empty_figure(style.figure_width(len(chosen)), 2.7)
        shared: Axes | None = None
        rows: list[dict[str, TableCell]] = []
        for index, (kind, image) in enumerate(chosen):
            shared = axes = figure.add_subplot(1, len(chosen), index + 1, sharey=shared)
            axes.set_title("\n".join(filter(None, (kind, style.safe_label(image.name, 26)))))
            for mask, run in image.run_per_mask().items():
                _line(axes, run.points(metric, view), view, width=1.3, marked=True, mark=marks[mask])
                rows += [{"kind": kind or None, **row} for row in run.table_rows(metric, view)]
            style.set_percent_axis(axes, view, last_amount=condition.max_inpainted, passes=condition.passes)
            if not index:
                axes.set_ylabel(style.axis_name(metric, view))
            axes.label_outer()
        for axes in figure.axes:
            style.set_value_axis(axes, metric, view)
        style.add_legend(figure, marks, titles=condition.mask_titles)
        caption = _singles_caption(condition, chosen, view)
        yield PlottedFigure("9", condition.stem("9", view), caption, figure, rows, view=view)


def draw_seeds(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 13: one row per image, one column per mask size, one line per seed."""
    metric = condition.metric
    repeated = _images_with_seeds(condition, metric) if metric else []
    if metric is None or not repeated:
        needs = f"an image with at least {MIN_SEEDS} seeds at a mask size (the paper has 10): riptui run --seed 0-9"
        yield SkippedFigure("13", condition.label, needs)
        return
    chosen = repeated[:IMAGES]
    runs = [run for image in chosen for by_seed in image.runs.values() for run in by_seed]
    for view in condition.views_of(metric):
        figure = _draw_grid(condition, chosen, metric, view)
        caption = _seeds_caption(condition, chosen, view)
        rows = [row for run in runs for row in run.table_rows(metric, view)]
        yield PlottedFigure("13", condition.stem("13", view), caption, figure, rows, view=view)


def _draw_grid(condition: Condition, chosen: Sequence[ImageRuns], metric: str, view: CurveView) -> Figure:
    masks = condition.masks
    figure = style.empty_figure(style.figure_width(len(masks)), 0.5 + 1.8 * len(chosen))
    shared: Axes | None = None
    for row, image in enumerate(chosen):
        for column, mask in enumerate(masks):
            position = row * len(masks) + column + 1
            shared = axes = figure.add_subplot(len(chosen), len(masks), position, sharex=shared, sharey=shared)
            mark = {"color": panels.mark_styles(condition)[mask]["color"]}
            runs = [run for run in image.runs.get(mask, ()) if metric in run.curves]
            for run in runs:
                _line(axes, run.points(metric, view), view, width=0.9, marked=False, mark=mark)
            if not runs:
                axes.text(0.5, 0.5, "no run", transform=axes.transAxes, ha="center", color=style.FAINT)
            style.set_percent_axis(axes, view, last_amount=condition.max_inpainted, passes=condition.passes)
            if not row:
                axes.set_title(f"mask {mask} px")
            if not column:
                axes.set_ylabel(f"{style.safe_label(image.name, 20)}\n{style.axis_name(metric, view)}")
            axes.label_outer()
    for axes in figure.axes:
        style.set_value_axis(axes, metric, view)
    return figure


def choose_kinds(condition: Condition) -> list[ImageKind]:
    """The three images that look most like the paper's three kinds; without kinds if there are fewer than three.

    Only images measured at every mask size of the condition. Stabilises: the smallest share of its change in the
    second half. Spreads by mask size: the largest range over mask sizes at the end, relative to its mean. Similar: the
    smallest such range.
    """
    metric = condition.metric or ""
    complete = [
        image
        for image in condition.images()
        if list(image.runs) == condition.masks and all(metric in run.curves for run in image.run_per_mask().values())
    ]
    if len(complete) < IMAGES or len(condition.masks) < 2:
        return [ImageKind("", image) for image in complete[:IMAGES]]
    ranges = {id(image): _relative_range(image, metric) for image in complete}
    stable = min(complete, key=lambda image: _late_drift(image, metric))
    others = [image for image in complete if image is not stable]
    spreads = max(others, key=lambda image: ranges[id(image)])
    similar = min((image for image in others if image is not spreads), key=lambda image: ranges[id(image)])
    return [ImageKind("stabilises", stable), ImageKind("spreads by mask size", spreads), ImageKind("similar", similar)]


def _late_drift(image: ImageRuns, metric: str) -> float:
    """Share of the change from the first value to the last that happens in the second half; the largest over masks."""
    shares = []
    for run in image.run_per_mask().values():
        curve = run.curves[metric]
        half = curve.values[curve.inpainted >= curve.inpainted[-1] / 2][0]
        change = abs(curve.values[-1] - curve.values[0])
        shares.append(abs(curve.values[-1] - half) / change if change else 0.0)
    return float(max(shares))


def _relative_range(image: ImageRuns, metric: str) -> float:
    ends = [run.curves[metric].values[-1] for run in image.run_per_mask().values()]
    middle = abs(sum(ends) / len(ends))
    return float((max(ends) - min(ends)) / middle) if middle else 0.0


def _images_with_seeds(condition: Condition, metric: str) -> list[ImageRuns]:
    """The images with several seeds; those with the most seeds at every mask size first."""

    def min_seeds(image: ImageRuns) -> int:
        return min(sum(metric in run.curves for run in image.runs.get(mask, ())) for mask in condition.masks)

    def max_seeds(image: ImageRuns) -> int:
        return max(sum(metric in run.curves for run in runs) for runs in image.runs.values())

    found = [image for image in condition.images() if max_seeds(image) >= MIN_SEEDS]
    return sorted(found, key=lambda image: (-min_seeds(image), -max_seeds(image)))


def _line(
    axes: Axes, points: Sequence[FigurePoint], view: CurveView, *, width: float, marked: bool, mark: style.MarkStyle
) -> None:
    coverage = view is CurveView.COVERAGE
    known = [point for point in points if not coverage or isfinite(point.coverage)]
    edges = style.marker_options(len(known)) if marked else {}
    x = [point.coverage if coverage else point.inpainted for point in known]
    axes.plot(x, [point.value for point in known], linewidth=width, **edges, **mark)


def _singles_caption(condition: Condition, chosen: Sequence[ImageKind], view: CurveView) -> str:
    values = view.describe_values(condition.metric or "")
    names = ", ".join(printable(kind.image.name) for kind in chosen)
    kind_note = (
        "; the images that look most like the paper's three kinds"
        if chosen[0].name
        else "; without kinds, which need three images at two mask sizes"
    )
    per_mask = "one trajectory per mask size, "
    if condition.whole_image:
        kind_note = per_mask = ""
    return (
        f"{values} of {format_count(len(chosen), 'image')} ({names}) against {condition.against(view)}, {per_mask}"
        f"n = {format_count(sum(len(kind.image.runs) for kind in chosen), 'trajectory')}{kind_note}"
        f"{condition.describe_null(view, [condition.metric or ''])}."
    )


def _seeds_caption(condition: Condition, chosen: Sequence[ImageRuns], view: CurveView) -> str:
    metric = condition.metric or ""
    runs = [sum(metric in run.curves for run in runs) for image in chosen for runs in image.runs.values()]
    run_count = f"{min(runs)}" if min(runs) == max(runs) else f"{min(runs)} to {max(runs)}"
    return (
        f"{view.describe_values(metric)} against {condition.against(view)}, one line per seed: "
        f"{format_count(len(chosen), 'image')}, {run_count} runs per image and mask size, "
        f"n = {format_count(sum(runs), 'trajectory')}{condition.describe_null(view, [metric])}."
    )
