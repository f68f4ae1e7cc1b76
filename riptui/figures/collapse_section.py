"""The report's section on how trajectories end, and its table of every trajectory with the values behind its labels."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path

from riptui.export.tables import write_csv
from riptui.features import load_extractor
from riptui.figures.markdown import (
    MAX_LISTED,
    condition_title,
    escape_markdown,
    first_complaints,
    format_estimate,
    markdown_list,
    markdown_table,
)
from riptui.figures.report_data import OnReportProgress, ReportData
from riptui.figures.section import ReportSection
from riptui.metrics.display import distance_name, format_result
from riptui.results.collapse_summary import LABELS, CollapseSummary, EndShares, MaskSpread, summarise_ends
from riptui.results.collapse_table import attraction_rows, collapse_rows, coupling_rows
from riptui.results.collapse_thresholds import CollapseThresholds
from riptui.results.coupling import CouplingAnalysis, analyse_coupling
from riptui.results.curves import settings_title
from riptui.results.end_looks import OnEndsProgress, TrajectoryEnds, choose_distance, distance_metrics, read_ends
from riptui.results.end_states import AttractionAnalysis, analyse_attraction
from riptui.spec import ParameterValue
from riptui.text.units import format_count, format_inpainted

COLLAPSE_CSV, ATTRACTION_CSV, COUPLING_CSV = "collapse.csv", "end-states.csv", "coupling.csv"

_INTRODUCTION = """\
What the last frames look like, and whether the curves settled, read from pixels by the thresholds below: a label is
no more than a measured value beyond a threshold, and the table of every trajectory has both. *Detail* is the mean
step of luma between neighbours inside squares, in % of the original's; *seams* the step across the lines of the grid,
divided by that; *structure* the correlation of coarse luma with the original; *colour spread* the root mean square
distance of the pixels' colours from their mean (CIELAB); *growth* by how much the distance per covered area changed
over the second half of the amount. In brackets: 95 % confidence intervals by image.
"""


def write_collapse(data: ReportData, folder: Path, on_progress: OnReportProgress) -> ReportSection:
    """Label the ends of all complete trajectories, compare those of different pictures, and write the tables as CSV.

    Raises DiskError.
    """

    def show(stage: str) -> OnEndsProgress:
        return lambda done, total: on_progress(stage, done, total)

    metric = data.metric if data.metric in distance_metrics(data.summaries) else choose_distance(data.summaries)
    ends = read_ends(data.summaries, metric, show("reading last frames"))
    summary = summarise_ends(ends, CollapseThresholds())
    attraction = analyse_attraction(ends.members, load_extractor("phash"), show("comparing ends"), keep=False)
    coupling = analyse_coupling(ends.members, show("comparing growth"))
    tables = {
        COLLAPSE_CSV: collapse_rows(summary),
        ATTRACTION_CSV: attraction_rows(attraction),
        COUPLING_CSV: coupling_rows(coupling),
    }
    files = [write_csv(rows, folder / name).name for name, rows in tables.items() if rows]
    content = summary.as_dict() | {"attraction": attraction.as_dict(), "coupling": coupling.as_dict()}
    text = _render(summary, attraction, coupling)
    return ReportSection("collapse", content, text, files=files, headline=_headline(summary))


def _render(summary: CollapseSummary, attraction: AttractionAnalysis, coupling: CouplingAnalysis) -> Iterator[str]:
    """Nothing if no trajectory is complete and readable."""
    if not summary.groups:
        return
    yield f"## How trajectories end\n\n{_INTRODUCTION}"
    known = summary.ends.metric
    growth = f"of {escape_markdown(distance_name(known))}" if known else "not known: no distance was measured"
    yield markdown_list([*map(escape_markdown, summary.thresholds.describe()), f"growth is {growth}"])
    yield f"% of the trajectories ([CSV]({COLLAPSE_CSV}) of each of them):\n"
    yield markdown_table(
        ["condition", "mask", "trajectories", "images", *map(str, LABELS)],
        [_share_row(group, summary.ends) for group in summary.groups],
    )
    yield "Medians of what was measured:\n"
    yield markdown_table(
        ["condition", "mask", "detail", "seams", "structure", "colour spread", "growth"],
        [_median_row(group, summary.ends) for group in summary.groups],
    )
    yield from _spread_parts(summary)
    yield from _attraction_parts(attraction, summary.ends)
    yield from _coupling_parts(coupling, summary.ends)
    reasons = dict.fromkeys([*summary.ends.left_out, *attraction.left_out, *coupling.left_out])
    yield markdown_list(first_complaints([f"left out, {reason}" for reason in reasons]))


def _headline(summary: CollapseSummary) -> str:
    """How often each look occurs, in a line; nothing if no trajectory is complete."""
    shares = {str(label): [group.shares[str(label)].value for group in summary.groups] for label in LABELS}
    known = {label: found for label, values in shares.items() if (found := [v for v in values if not isnan(v)])}
    texts = [f"{label} {min(found):.0f} to {max(found):.0f} %" for label, found in known.items() if max(found) > 0]
    looks = ", ".join(texts)
    return f"Last frames, by stated thresholds, share of trajectories by condition and mask: {looks}" if texts else ""


def _attraction_parts(attraction: AttractionAnalysis, ends: TrajectoryEnds) -> Iterator[str]:
    if not attraction.groups:
        return
    yield (
        "Whether different pictures end alike. *Apart*: mean distance between the ends of two pictures, divided by "
        f"that of their originals; below 1, pictures are drawn together. {escape_markdown(attraction.describe())}. "
        f"[CSV]({ATTRACTION_CSV})\n"
    )
    rows = [
        [
            *_title_and_mask(group.settings, ends),
            f"{group.trajectories:,}",
            f"{group.images:,}",
            format_estimate(group.ratio),
            f"{len(group.clusters):,}",
            format_count(group.clusters[0].images, "image"),
        ]
        for group in attraction.groups
    ]
    yield markdown_table(["condition", "mask", "trajectories", "images", "apart", "clusters", "largest cluster"], rows)


def _coupling_parts(coupling: CouplingAnalysis, ends: TrajectoryEnds) -> Iterator[str]:
    if not coupling.groups:
        return
    yield (
        "Two pictures under the same squares and noise, and under their own: root mean square difference of frames "
        "reduced to 64 px, divided by that of the originals. Of own squares it falls where all ends are alike, of "
        f"shared ones also where pictures are driven alike. [CSV]({COUPLING_CSV})\n"
    )
    amounts = sorted({point.inpainted for group in coupling.groups for point in group.points} - {0.0})
    shown = [amount for amount in amounts if amount % 100 == 0] or amounts
    rows = []
    for group in coupling.groups:
        ratios = {point.inpainted: format_estimate(point.ratio) for point in group.points}
        settings = {name: value for name, value in group.settings.items() if name != "squares"}
        counts = [group.squares, f"{group.images:,}", f"{group.seeds:,}"]
        rows.append([*_title_and_mask(settings, ends), *counts, *(ratios.get(amount, "-") for amount in shown)])
    heads = [format_inpainted(amount) for amount in shown]
    yield markdown_table(["condition", "mask", "squares", "images", "seeds", *heads], rows)


def _title_and_mask(settings: Mapping[str, ParameterValue], ends: TrajectoryEnds) -> list[str]:
    key = settings["inpainter"], settings["mask"]
    titles = {end.spec.mask_title for end in ends.members if (end.spec.inpainter, end.spec.mask) == key}
    return [condition_title(settings), titles.pop() if len(titles) == 1 else f"{settings['mask']} px"]


def _share_row(group: EndShares, ends: TrajectoryEnds) -> list[str]:
    counts = [f"{group.trajectories:,}", f"{group.images:,}"]
    return [
        *_title_and_mask(group.settings, ends),
        *counts,
        *(format_estimate(group.shares[str(label)], "{:.0f}".format) for label in LABELS),
    ]


def _median_row(group: EndShares, ends: TrajectoryEnds) -> list[str]:
    formats = {"detail": "{:.0f} %", "seams": "{:.2f}", "structure": "{:.2f}", "colour_spread": "{:.1f}"}
    formats["growth"] = "{:+.0f} %"
    medians = group.medians
    return [
        *_title_and_mask(group.settings, ends),
        *(form.format(medians[name]) if name in medians else "-" for name, form in formats.items()),
    ]


def _spread_parts(summary: CollapseSummary) -> Iterator[str]:
    spreads = summary.mask_spreads
    if not spreads:
        return
    distance = escape_markdown(distance_name(summary.ends.metric or ""))
    apart = sum(spread.spreads(summary.thresholds) for spread in spreads)
    shown, which = spreads, ""
    if len(spreads) > MAX_LISTED:
        shown = sorted(spreads, key=lambda spread: -spread.spread)[:MAX_LISTED]
        which = f"; the {MAX_LISTED} that spread most, all distances: [CSV]({COLLAPSE_CSV})"
    yield (
        f"Mask sizes of a picture in a condition, by {distance} at the end: {apart} of {len(spreads)} spread by mask "
        f"size{which}:\n"
    )
    masks = sorted({mask for spread in spreads for mask in spread.distances})
    columns = ["image", "condition", *(f"{mask} px" for mask in masks), "spread", "kind"]
    yield markdown_table(columns, [_spread_row(spread, masks, summary.thresholds) for spread in shown])


def _spread_row(spread: MaskSpread, masks: Sequence[int], thresholds: CollapseThresholds) -> list[str]:
    distances = (format_result(spread.distances[mask]) if mask in spread.distances else "-" for mask in masks)
    kind = "spreads by mask size" if spread.spreads(thresholds) else "similar"
    title = escape_markdown(settings_title(spread.settings))
    return [escape_markdown(spread.source_name), title, *distances, f"{spread.spread:.1f} %", kind]
