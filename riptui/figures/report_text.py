"""The text of report.md: a summary, runs, findings, statistics, figures and limits. Names from disk are escaped."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from riptui import __version__
from riptui.figures.data import CompleteRun, Condition
from riptui.figures.figure import SkippedFigure, WrittenFigure, describe_skipped
from riptui.figures.findings_section import render_findings, render_overview
from riptui.figures.markdown import escape_markdown, first_complaints, markdown_list, markdown_table, show_figures
from riptui.figures.report_data import ReportData
from riptui.figures.section import ReportSection
from riptui.figures.stability_section import WrittenStability, render_standings
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES
from riptui.results.curves import shares_squares
from riptui.results.findings import ConditionFindings
from riptui.results.paper_tests import NETS
from riptui.results.shared_squares import describe_shared
from riptui.results.verdict import MIN_PAIRED_IMAGES
from riptui.text import int_ranges
from riptui.text.units import format_count, format_inpainted

_LIMITS = f"""\
- Only measured values are used, without interpolation, and only trajectories that were measured to their end. Copies
  of a trajectory count once.
- The seeds of an image are averaged first, then images: n is images. Confidence intervals are 95 %, by image: they
  apply to images like these, not to pictures of all kinds. There are none over fewer than {MIN_INTERVAL_IMAGES} images.
- Rare catastrophes are invisible to an interval: what happens to 1 of 20 images is missing from 36 % of all samples
  of 20, and from the intervals with it. Look at the pictures.
- Each of the seven findings is tested at its own 95 % level; there is no correction for testing seven. The parts of
  one finding are corrected by Holm's method, unless all of them hold.
- Inpainted % counts repeats. Squares drawn with replacement leave part of the picture untouched, and how much varies
  more by chance the larger they are: compare the figures against coverage.
- Times per inpainting depend on the machines that computed them.
"""


def render_markdown(
    data: ReportData,
    figures: Sequence[WrittenFigure],
    left_out: Sequence[SkippedFigure],
    damaged: Sequence[str],
    tested: Sequence[ConditionFindings],
    notes: Sequence[str],
    stability: WrittenStability,
    sections: Sequence[ReportSection],
) -> str:
    """Render the text; it links to the figures by file name. `sections`: parts written elsewhere."""
    parts = [
        "# Recursive InPainting: a report\n",
        *_summary_section(data, tested, notes, stability, sections),
        *_runs_section(data),
        *render_findings(data.metric, tested),
        *(part for section in sections for part in section.text),
        *_figures_section(figures, left_out, damaged),
        f"## Limits\n\n{_LIMITS}",
        f"Made by riptui {__version__}.\n",
    ]
    return "\n".join(filter(None, parts))


def _summary_section(
    data: ReportData,
    tested: Sequence[ConditionFindings],
    notes: Sequence[str],
    stability: WrittenStability,
    sections: Sequence[ReportSection],
) -> Iterator[str]:
    """What was computed, how stable it is, what of the paper's findings holds, and what limits all of it."""
    yield "## Summary\n"
    runs = data.runs
    images = format_count(len({run.image for run in runs}), "image")
    masks = ", ".join(dict.fromkeys(run.spec.mask_title for run in sorted(runs, key=lambda run: run.spec.mask)))
    mask = f"; mask: {masks}" if masks else ""
    by = f" By {escape_markdown(data.metric)}." if data.metric else ""
    yield (
        f"{format_count(len(runs), 'trajectory')} of {images}, computed to the end, in "
        f"{format_count(len(data.conditions), 'condition')} (an inpainter and its settings){mask}.{by}\n"
    )
    yield from render_standings(data, stability)
    if tested:
        yield "What of the paper's findings holds (the numbers: section *The paper's findings*):\n"
        yield from render_overview(tested)
    if headlines := [section.headline for section in sections if section.headline]:
        yield "What else was measured:\n"
        yield markdown_list(headlines)
    limits = [*_image_limits(runs), *_metric_notes(data), *_squares_notes(data)]
    if limits := [*limits, *map(escape_markdown, notes), *_left_out(data)]:
        yield "What limits this report, beside what its last section says of all reports:\n"
        yield markdown_list(limits)


def _image_limits(runs: Sequence[CompleteRun]) -> Iterator[str]:
    images = len({run.image for run in runs})
    count = format_count(images, "image")
    if images < MIN_INTERVAL_IMAGES:
        yield f"{count}: there are no intervals over fewer than {MIN_INTERVAL_IMAGES}"
    if images < MIN_PAIRED_IMAGES:
        yield f"{count}: no finding is decided by fewer than {MIN_PAIRED_IMAGES}"


def _left_out(data: ReportData) -> Iterator[str]:
    if data.copies:
        yield f"left out, copies of others with the same spec: {format_count(data.copies, 'trajectory')}"
    if data.unfinished:
        yield f"left out, not finished: {format_count(data.unfinished, 'trajectory')} (riptui resume)"
    yield from first_complaints([f"left out, unreadable: {problem}" for problem in data.unreadable])


def _runs_section(data: ReportData) -> Iterator[str]:
    yield "## Runs\n"
    masks: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for condition in data.conditions:
        for mask in condition.masks:
            runs = [run for run in condition.runs if run.spec.mask == mask]
            counts = [f"{len(runs):,}", f"{len({run.image for run in runs}):,}"]
            seeds = int_ranges.join({run.spec.seed for run in runs})
            key = (escape_markdown(condition.title), *counts, seeds, _describe_amount(condition))
            masks[key].append(runs[0].spec.mask_title)
    if masks:
        columns = ["condition", "mask", "trajectories of each mask", "images", "seeds", "amount"]
        yield markdown_table(columns, [[title, ", ".join(found), *rest] for (title, *rest), found in masks.items()])
    else:
        yield "No trajectory is finished.\n"
    drawn = ", ".join(map(escape_markdown, data.metrics))
    shown = [f"metrics in the figures: {drawn}; in single panels and tables: {escape_markdown(data.metric or '')}"]
    yield markdown_list([*(shown if data.metrics else ()), *_session_notes(data)])


def _describe_amount(condition: Condition) -> str:
    if condition.passes:
        return format_count(round(condition.max_inpainted / 100 * condition.passes), "pass")
    return format_inpainted(condition.max_inpainted)


def _metric_notes(data: ReportData) -> Iterator[str]:
    if not data.metrics:
        return
    if missing := [name for name in NETS if name not in data.metrics]:
        names = ",".join(missing)
        yield f"reported in the paper but not measured to the end: {names} (riptui measure --metrics {names})"
    for condition in data.conditions:
        for metric in data.metrics:
            if metric not in condition.metrics and not any(metric in run.infinite for run in condition.runs):
                continue
            missing_runs = [run for run in condition.runs if metric not in run.curves]
            infinite = sum(metric in run.infinite for run in missing_runs)
            counts = {"not measured to the end": len(missing_runs) - infinite, "infinite at the end": infinite}
            for what, count in counts.items():
                if count:
                    name = f"{_prefix(condition)}{escape_markdown(metric)}"
                    yield f"{name} is {what} in {format_count(count, 'trajectory')}"


def _squares_notes(data: ReportData) -> Iterator[str]:
    for condition in data.conditions:
        if shares_squares(condition.runs):
            shared = describe_shared(len({run.spec.seed for run in condition.runs}))
            yield f"{_prefix(condition)}{shared} (riptui run and study run give each image its own)"


def _prefix(condition: Condition) -> str:
    return f"{escape_markdown(condition.label)}: " if condition.label else ""


def _session_notes(data: ReportData) -> Iterator[str]:
    versions: defaultdict[str, set[str]] = defaultdict(set)
    devices: set[str] = set()
    for session in (session for run in data.runs for session in run.sessions):
        devices.add(session.device)
        for name, version in session.versions.items():
            versions[name].add(version)
    if devices:
        yield f"computed on: {', '.join(map(escape_markdown, sorted(devices)))}"
    if versions:
        version_texts = [f"{name} {' and '.join(sorted(versions[name]))}" for name in sorted(versions)]
        yield f"software: {', '.join(map(escape_markdown, version_texts))}"
    if mixed := sum(run.mixed for run in data.runs):
        yield f"mixed, computed by different software versions or machines: {format_count(mixed, 'trajectory')}"


def _figures_section(
    figures: Sequence[WrittenFigure], left_out: Sequence[SkippedFigure], damaged: Sequence[str]
) -> Iterator[str]:
    yield (
        "## Figures\n\nWith the numbers of the corresponding figures in the paper (Conde et al., *How Stable is Stable "
        "Diffusion under Recursive InPainting (RIP)?*, arXiv 2407.09549); those with an S are riptui's.\n"
    )
    kinds: defaultdict[str, list[WrittenFigure]] = defaultdict(list)
    for figure in figures:
        kinds[f"Figure {figure.number}{figure.view.heading}"].append(figure)
    for title, found in kinds.items():
        yield f"### {title}\n"
        yield from show_figures(title, found)
    if not figures:
        yield "No figure could be drawn.\n"
    if left_out:
        yield "### Left out\n"
        yield markdown_list(map(escape_markdown, describe_skipped(left_out)))
    if damaged:
        yield "Skipped in the figures with pictures because their frames cannot be read:\n"
        yield markdown_list(first_complaints(damaged))
