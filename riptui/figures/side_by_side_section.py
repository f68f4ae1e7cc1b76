"""The report's section that has all conditions in one figure, S3, and in one table: what comparisons are made for."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from riptui.figures import style
from riptui.figures.averages import AveragePoint, average_runs, compute_averages
from riptui.figures.curve_view import CurveView
from riptui.figures.data import Condition
from riptui.figures.figure import PlottedFigure
from riptui.figures.markdown import escape_markdown, markdown_table, show_figure
from riptui.figures.report_data import PANEL_NETS
from riptui.figures.section import ReportSection
from riptui.metrics.display import format_result, in_display_order
from riptui.results.curves import settings_title
from riptui.text.terminal import printable
from riptui.text.units import format_count, format_counts

MAX_METRICS = 3  # of the figure
MAX_MASKS = 3
MAX_LINES = 21
MAX_TOGETHER = 8  # lines that can be told apart in one panel
MAX_ROWS = 4  # of a figure with more lines
COLUMN_INCHES = 3.5  # the width of its columns
LABEL_LETTERS = 38  # in a line below a column
MAX_COLUMNS = 6  # metrics of the table
DASHES = ("-", "--")
BEHIND = {"color": "#d8d8d8", "linewidth": 0.7, "zorder": 1}
"""The look of lines that are in colour in another column."""
STEM = "figure-s3"


Averages = Mapping[Condition, Sequence[AveragePoint]]


def write_side_by_side(conditions: Sequence[Condition], folder: Path) -> ReportSection:
    """Draw the means of all conditions in one figure, and write it with its data; nothing for a single condition.

    Raises DiskError.
    """
    averages = {condition: found for condition in conditions if (found := compute_averages(condition))}
    if len(averages) < 2:
        return ReportSection("side_by_side", [])
    data = [
        {"condition": printable(condition.title), **point._asdict()}
        for condition, points in averages.items()
        for point in points
    ]
    images = [point.images for points in averages.values() for point in points]
    left_out = len(averages) - MAX_LINES
    undrawn = f"; {format_count(left_out, 'condition')} not drawn" if left_out > 0 else ""
    apart = "; each column has some of them in colour, and all in grey" if len(averages) > MAX_TOGETHER else ""
    caption = (
        "Means over images of all conditions, the seeds of an image averaged first; n = "
        f"{format_counts(images, 'image')}{apart}{undrawn}"
    )
    with style.styled():
        figure = style.write_plotted(PlottedFigure("S3", STEM, f"{caption}.", _draw(averages), data), "", folder)
    columns, rows = _table(averages)
    text = (
        "## Side by side\n",
        show_figure("Figure S3", figure),
        "Means over images at the first measured point after the original, and at the end:\n",
        markdown_table(columns, rows),
    )
    return ReportSection("side_by_side", [dict(zip(columns, row, strict=True)) for row in rows], text, [figure])


def _draw(averages: Averages) -> Figure:
    """A row for each mask size. Of a few conditions a column for each metric; of more a column for a few of them."""
    chosen = in_display_order(metric for condition in averages for metric in condition.metrics)[:MAX_METRICS]
    names = [*sorted({*chosen} & {*PANEL_NETS}), *(name for name in chosen if name not in PANEL_NETS)]  # as in figure 7
    masks = sorted({mask for condition in averages for mask in condition.masks})[-MAX_MASKS:]
    drawn = [*averages][:MAX_LINES]
    if len(drawn) > MAX_TOGETHER:
        few = names[: max(1, MAX_ROWS // len(masks))]
        return _draw_apart(averages, drawn, [(name, mask) for name in few for mask in masks])
    columns = len(names)
    figure = style.empty_figure(max(style.PAGE_WIDTH, 2.4 * columns), 2.6 * len(masks) + 0.16 * len(drawn))
    marks = _mark(drawn)
    for row, mask in zip(figure.subplots(len(masks), columns, squeeze=False), masks, strict=True):
        for axes, name in zip(row, names, strict=True):
            members = _draw_lines(axes, averages, marks, name, mask)
            _set_axes(axes, members, name, mask if len(masks) > 1 else None)
    handles = [Line2D([], [], label=style.safe_label(condition.title, 70), **mark) for condition, mark in marks.items()]
    style.place_legend(figure, handles)
    return figure


def _draw_apart(averages: Averages, drawn: Sequence[Condition], rows: Sequence[tuple[str, int]]) -> Figure:
    """A column for each few conditions, in colour, with all others in grey; a row for each metric and mask size."""
    columns = split_conditions(drawn)
    named = [_name_lines(members) for members in columns]
    legend_lines = max(sum(label.count("\n") + 1 for label in labels) for _, labels in named)
    figure = style.empty_figure(COLUMN_INCHES * len(columns), 2.6 * len(rows) + 0.16 * legend_lines)
    grid = figure.subplots(len(rows), len(columns), squeeze=False, sharey="row")
    for column, (members, (inpainter, labels)) in enumerate(zip(columns, named, strict=True)):
        marks = _mark(members)
        for axes, (name, mask) in zip(grid[:, column], rows, strict=True):
            if not any(mask in condition.masks for condition in members):
                axes.set_axis_off()
                continue
            shown = _draw_lines(axes, averages, dict.fromkeys(drawn, BEHIND), name, mask)
            _draw_lines(axes, averages, marks, name, mask)
            _set_axes(axes, shown, name, mask)
            axes.set_title(style.safe_label(", ".join(filter(None, (inpainter, axes.get_title()))), 40))
            if column:
                axes.set_ylabel("")
                axes.tick_params(labelleft=False)
        handles = [Line2D([], [], label=label, **mark) for label, mark in zip(labels, marks.values(), strict=True)]
        grid[-1, column].legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.22))
    return figure


def split_conditions(conditions: Sequence[Condition]) -> list[list[Condition]]:
    """Parts of at most MAX_TOGETHER, in order; those of one inpainter are together, if they are not more than that."""
    parts: list[list[Condition]] = [[]]
    for _, found in groupby(conditions, key=lambda condition: condition.settings["inpainter"]):
        members = list(found)
        for start in range(0, len(members), MAX_TOGETHER):
            few = members[start : start + MAX_TOGETHER]
            if len(parts[-1]) + len(few) > MAX_TOGETHER:
                parts.append([])
            parts[-1] += few
    return parts


def _name_lines(conditions: Sequence[Condition]) -> tuple[str, list[str]]:
    """The inpainter, if it is the same for all, and each condition's other settings, as labels of a column's width."""
    inpainter, *others = dict.fromkeys(str(condition.settings["inpainter"]) for condition in conditions)
    without = "" if others else "inpainter"
    settings = [{key: value for key, value in c.settings.items() if key != without} for c in conditions]
    titles = [style.safe_label(settings_title(found) or inpainter, 90) for found in settings]
    return "" if others else inpainter, [fill(title, LABEL_LETTERS) for title in titles]


def _mark(conditions: Sequence[Condition]) -> dict[Condition, style.MarkStyle]:
    looks = style.mark_styles(range(7))
    return {
        condition: {**looks[i % 7], "linestyle": DASHES[i // 7], "markersize": 3}
        for i, condition in enumerate(conditions)
    }


def _draw_lines(
    axes: Axes, averages: Averages, marks: Mapping[Condition, style.MarkStyle], name: str, mask: int
) -> list[Condition]:
    """A line for each of the conditions that have this mask size, which are returned."""
    members = [condition for condition in marks if mask in condition.masks]
    for condition in members:
        points = [point for point in averages[condition] if (point.metric, point.mask) == (name, mask)]
        _draw_line(axes, points, max(1, condition.passes), marks[condition])
    return members


def _draw_line(axes: Axes, points: Sequence[AveragePoint], passes: int, mark: style.MarkStyle) -> None:
    x, y = [point.inpainted * passes for point in points], [point.mean for point in points]
    axes.plot(x, y, markevery=style.marker_options(len(points))["markevery"], **mark)


def _set_axes(axes: Axes, members: Sequence[Condition], name: str, mask: int | None) -> None:
    """`mask`: for the title, if it has one."""
    whole = bool(members) and all(condition.whole_image for condition in members)
    axes.set_title("" if mask is None else "whole image" if whole else f"mask {mask} px")
    axes.set_ylabel(style.axis_name(name))
    last = max((condition.max_inpainted * max(1, condition.passes) for condition in members), default=100.0)
    style.set_percent_axis(axes, CurveView.AMOUNT, last_amount=last, passes=int(whole))
    style.set_value_axis(axes, name, CurveView.AMOUNT)


def _table(averages: Averages) -> tuple[list[str], list[list[str]]]:
    names = in_display_order(metric for condition in averages for run in condition.runs for metric in run.curves)[
        :MAX_COLUMNS
    ]
    rows = []
    for condition, points in averages.items():
        for mask, of_mask in groupby(sorted(points, key=lambda point: point.mask), key=lambda point: point.mask):
            listed = list(of_mask)
            title = next(run.spec.mask_title for run in condition.runs if run.spec.mask == mask)
            cells = [_ends(condition, mask, name) for name in names]
            rows.append([escape_markdown(condition.title), title, f"{max(p.images for p in listed):,}", *cells])
    return ["condition", "mask", "images", *map(escape_markdown, names)], rows


def _ends(condition: Condition, mask: int, name: str) -> str:
    """0.12 → 0.31: the mean at the first point after the original, and at the last."""
    runs = [run for run in condition.measured_runs(name) if run.spec.mask == mask]
    found = [point for point in average_runs(name, mask, runs) if point.inpainted]
    if not found:
        return "-"
    first, last = (format_result(point.mean) for point in (found[0], found[-1]))
    return first if len(found) == 1 else f"{first} → {last}"
