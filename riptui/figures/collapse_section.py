"""The report's section on how trajectories end, and its table of every trajectory with the values behind its labels."""

from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path

from riptui.export.tables import write_csv
from riptui.figures.data import settings_title
from riptui.figures.markdown import escape_markdown, first_complaints, markdown_list, markdown_table
from riptui.figures.report_data import OnReportProgress, ReportData
from riptui.metrics.display import format_result
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.collapse_summary import LABELS, CollapseSummary, EndShares, MaskSpread, summarise_ends
from riptui.results.collapse_table import collapse_rows
from riptui.results.collapse_thresholds import CollapseThresholds
from riptui.results.end_looks import choose_distance, distance_metrics, read_ends

COLLAPSE_CSV = "collapse.csv"

_INTRODUCTION = """\
What the last frames look like, and whether the curves settled, read from pixels by the thresholds below: a label is
no more than a measured value beyond a threshold, and the table of every trajectory has both. *Detail* is the mean
step of luma between neighbours inside squares, in % of the original's; *seams* the step across the lines of the grid,
divided by that; *structure* the correlation of coarse luma with the original; *colour spread* the root mean square
distance of the pixels' colours from their mean (CIELAB); *growth* by how much the distance per covered area changed
over the second half of the amount. In brackets: 95 % confidence intervals by image.
"""


def write_collapse(data: ReportData, folder: Path, on_progress: OnReportProgress) -> CollapseSummary:
    """Label the ends of all complete trajectories, and write every one of them as CSV. Raises DiskError."""
    metric = data.metric if data.metric in distance_metrics(data.summaries) else choose_distance(data.summaries)
    ends = read_ends(data.summaries, metric, lambda done, total: on_progress("reading last frames", done, total))
    summary = summarise_ends(ends, CollapseThresholds())
    if rows := collapse_rows(summary):
        write_csv(rows, folder / COLLAPSE_CSV)
    return summary


def render_collapse(summary: CollapseSummary) -> Iterator[str]:
    """The parts of the section's text; nothing if no trajectory is complete and readable."""
    if not summary.groups:
        return
    yield f"## How trajectories end\n\n{_INTRODUCTION}"
    metric = f", by {escape_markdown(summary.ends.metric)}" if summary.ends.metric else " is not known: no distance"
    yield markdown_list([*map(escape_markdown, summary.thresholds.describe()), f"growth{metric}"])
    yield f"% of the trajectories ([CSV]({COLLAPSE_CSV}) of each of them):\n"
    yield markdown_table(
        ["inpainter", "mask", "n", "images", *map(str, LABELS)], [_share_row(group) for group in summary.groups]
    )
    yield "Medians of what was measured:\n"
    yield markdown_table(
        ["inpainter", "mask", "detail", "seams", "structure", "colour spread", "growth"],
        [_median_row(group) for group in summary.groups],
    )
    yield from _spread_parts(summary)
    yield markdown_list(first_complaints([f"left out, {reason}" for reason in summary.ends.left_out]))


def _share_row(group: EndShares) -> list[str]:
    counts = [f"{group.trajectories:,}", f"{group.images:,}"]
    return [*_names(group), *counts, *(_format_share(group.shares[str(label)]) for label in LABELS)]


def _median_row(group: EndShares) -> list[str]:
    formats = {"detail": "{:.0f} %", "seams": "{:.2f}", "structure": "{:.2f}", "colour_spread": "{:.1f}"}
    formats["growth"] = "{:+.0f} %"
    medians = group.medians
    return [*_names(group), *(form.format(medians[name]) if name in medians else "-" for name, form in formats.items())]


def _names(group: EndShares) -> list[str]:
    condition = {name: value for name, value in group.settings.items() if name != "mask"}
    return [escape_markdown(settings_title(condition)), f"{group.settings['mask']} px"]


def _spread_parts(summary: CollapseSummary) -> Iterator[str]:
    spreads = summary.mask_spreads
    if not spreads:
        return
    metric = escape_markdown(summary.ends.metric or "")
    apart = sum(one.spreads(summary.thresholds) for one in spreads)
    yield f"Mask sizes of a picture, by {metric} at the end: {apart} of {len(spreads)} spread by mask size:\n"
    masks = sorted({mask for one in spreads for mask in one.distances})
    columns = ["image", "inpainter", *(f"{mask} px" for mask in masks), "spread", "kind"]
    yield markdown_table(columns, [_spread_row(one, masks, summary.thresholds) for one in spreads])


def _spread_row(one: MaskSpread, masks: Sequence[int], thresholds: CollapseThresholds) -> list[str]:
    distances = (format_result(one.distances[mask]) if mask in one.distances else "-" for mask in masks)
    kind = "spreads by mask size" if one.spreads(thresholds) else "similar"
    title = escape_markdown(settings_title(one.settings))
    return [escape_markdown(one.source_name), title, *distances, f"{one.spread:.0f} %", kind]


def _format_share(share: IntervalEstimate) -> str:
    if isnan(share.value):
        return "-"
    interval = "" if isnan(share.low) else f" [{share.low:.0f}, {share.high:.0f}]"
    return f"{share.value:.0f}{interval}"
