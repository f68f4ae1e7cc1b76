"""The text of report.md: runs, figures, statistics, findings and limits. Names from disk are escaped."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import isnan
from statistics import median

from riptui import __version__
from riptui.errors import InputError
from riptui.figures.data import Condition
from riptui.figures.figure import SkippedFigure, WrittenFigure
from riptui.figures.markdown import (
    escape_markdown,
    figure_links,
    first_complaints,
    format_estimate,
    markdown_list,
    markdown_table,
)
from riptui.figures.report_data import ReportData
from riptui.metrics.display import format_result
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES
from riptui.results.comparison import InpainterComparison, compare, settings_to_compare
from riptui.results.curves import settings_title, shares_squares
from riptui.results.findings import ConditionFindings
from riptui.results.paper_tests import NETS
from riptui.results.shared_squares import describe_shared
from riptui.results.statistics import summarize_drift
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
    sections: Iterable[str],
) -> str:
    """Render the text; it links to the figures by file name. `sections`: parts written elsewhere."""
    parts = [
        "# Recursive InPainting: a report\n\nFigures have the numbers of the corresponding figures in the paper "
        "(Conde et al., *How Stable is Stable Diffusion under Recursive InPainting (RIP)?*, arXiv 2407.09549).\n",
        *_runs_section(data, notes),
        *_figures_section(figures, left_out, damaged),
        *_stability_section(data),
        *sections,
        *_findings_section(data, tested),
        f"## Limits\n\n{_LIMITS}",
        f"Made by riptui {__version__}.\n",
    ]
    return "\n".join(parts)


def _runs_section(data: ReportData, notes: Sequence[str]) -> Iterator[str]:
    yield "## Runs\n"
    rows = []
    for condition in data.conditions:
        for mask in condition.masks:
            runs = [run for run in condition.runs if run.spec.mask == mask]
            rows.append(
                [
                    escape_markdown(condition.title),
                    runs[0].spec.mask_title,
                    f"{len(runs):,}",
                    f"{len({run.image for run in runs}):,}",
                    int_ranges.join({run.spec.seed for run in runs}),
                    format_inpainted(condition.max_inpainted),
                ]
            )
    if rows:
        yield markdown_table(["inpainter", "mask", "trajectories", "images", "seeds", "amount"], rows)
    else:
        yield "No trajectory is finished.\n"
    listed = [*_metric_notes(data), *_squares_notes(data), *_session_notes(data), *map(escape_markdown, notes)]
    if data.copies:
        listed.append(f"left out, copies of others with the same spec: {format_count(data.copies, 'trajectory')}")
    if data.unfinished:
        unfinished = format_count(data.unfinished, "trajectory")
        listed.append(f"left out, not finished: {unfinished} (riptui resume)")
    yield markdown_list(
        [*listed, *first_complaints([f"left out, unreadable: {problem}" for problem in data.unreadable])]
    )


def _metric_notes(data: ReportData) -> Iterator[str]:
    metrics = list(dict.fromkeys(metric for condition in data.conditions for metric in condition.metrics))
    if not metrics:
        return
    drawn = ", ".join(map(escape_markdown, metrics))
    yield f"metrics in the figures: {drawn}; in single panels and tables: {escape_markdown(data.metric or '')}"
    if missing := [name for name in NETS if name not in metrics]:
        names = ",".join(missing)
        yield f"reported in the paper but not measured to the end: {names} (riptui measure --metrics {names})"
    for condition in data.conditions:
        for metric in metrics:
            if metric not in condition.metrics and not any(metric in run.infinite for run in condition.runs):
                continue
            missing_runs = [run for run in condition.runs if metric not in run.curves]
            infinite = sum(metric in run.infinite for run in missing_runs)
            counts = {"not measured to the end": len(missing_runs) - infinite, "infinite at the end": infinite}
            prefix = f"{escape_markdown(condition.label)}: " if condition.label else ""
            for what, count in counts.items():
                if count:
                    yield f"{prefix}{escape_markdown(metric)} is {what} in {format_count(count, 'trajectory')}"


def _squares_notes(data: ReportData) -> Iterator[str]:
    for condition in data.conditions:
        if shares_squares(condition.runs):
            prefix = f"{escape_markdown(condition.label)}: " if condition.label else ""
            shared = describe_shared(len({run.spec.seed for run in condition.runs}))
            yield f"{prefix}{shared} (riptui run and study run give each image its own)"


def _session_notes(data: ReportData) -> Iterator[str]:
    versions: defaultdict[str, set[str]] = defaultdict(set)
    devices: set[str] = set()
    runs = [run for condition in data.conditions for run in condition.runs]
    for session in (session for run in runs for session in run.sessions):
        devices.add(session.device)
        for name, version in session.versions.items():
            versions[name].add(version)
    if devices:
        yield f"computed on: {', '.join(map(escape_markdown, sorted(devices)))}"
    if versions:
        version_texts = [f"{name} {' and '.join(sorted(versions[name]))}" for name in sorted(versions)]
        yield f"software: {', '.join(map(escape_markdown, version_texts))}"
    if mixed := sum(run.mixed for run in runs):
        yield f"mixed, computed by different software versions or machines: {format_count(mixed, 'trajectory')}"


def _figures_section(
    figures: Sequence[WrittenFigure], left_out: Sequence[SkippedFigure], damaged: Sequence[str]
) -> Iterator[str]:
    yield "## Figures\n"
    for figure in figures:
        suffix = f", {escape_markdown(figure.condition)}" if figure.condition else ""
        title = f"Figure {figure.number}{suffix}{figure.view.heading}"
        yield f"### {title}\n\n![{title}]({figure.files[0]})\n"
        yield f"{escape_markdown(figure.caption)} {figure_links(figure)}\n"
    if not figures:
        yield "No figure could be drawn.\n"
    if left_out:
        yield "### Left out\n"
        yield markdown_list(
            f"figure {skipped.number}{f', {escape_markdown(skipped.condition)}' if skipped.condition else ''}: "
            f"it needs {escape_markdown(skipped.needs)}"
            for skipped in left_out
        )
    if damaged:
        yield "Skipped in the figures with pictures because their frames cannot be read:\n"
        yield markdown_list(first_complaints(damaged))


def _stability_section(data: ReportData) -> Iterator[str]:
    metric = data.metric
    if metric is None:
        return
    yield (
        f"## Stability\n\nBy {escape_markdown(metric)}. Area: its mean over the whole amount. Half-life: the "
        "inpainted % at which the metric has made half of its change up to the end, so that it depends on the amount; "
        "in parentheses that of coverage alone, if squares are damaged once and stay so: where both are alike, the "
        "shape of the curve is the protocol's, not the inpainter's. In brackets: 95 % confidence intervals over "
        "images, the seeds of an image averaged first; none over fewer than "
        f"{MIN_INTERVAL_IMAGES} images.\n"
    )
    rows = [row for condition in data.conditions for row in _drift_rows(condition, metric)]
    columns = ["inpainter", "mask", "n", "images", "at the end ± sd", "area", "half-life", "s per inpainting"]
    yield markdown_table(columns, rows)
    members = [run.curves[metric] for condition in data.conditions for run in condition.measured_runs(metric)]
    by = settings_to_compare(members)
    try:
        yield from _comparison_tables(compare(members, by), by)
    except InputError as error:
        yield f"Inpainters are not compared: {escape_markdown(str(error))}.\n"


def _drift_rows(condition: Condition, metric: str) -> Iterator[list[str]]:
    for mask in condition.masks:
        runs = [run for run in condition.measured_runs(metric) if run.spec.mask == mask]
        if not runs:
            continue
        summary = summarize_drift([run.curves[metric] for run in runs])
        sd = summary.last.sd if summary.last else float("nan")
        yield [
            escape_markdown(condition.title),
            runs[0].spec.mask_title,
            f"{summary.trajectories:,}",
            f"{summary.images:,}",
            format_result(summary.final.value) + ("" if isnan(sd) else f" ± {format_result(sd)}"),
            format_estimate(summary.area),
            f"{_format_percent(summary.half_life)} ({_format_percent(summary.coverage_half_life)})",
            f"{median(run.seconds for run in runs):.3g}",
        ]


def _comparison_tables(found: InpainterComparison, by: Sequence[str]) -> Iterator[str]:
    yield "Most stable first, on the squares that all of them repainted:\n"
    yield markdown_table(
        ["inpainter", "n", "images", "area", "half-life", "s per inpainting"],
        [
            [
                escape_markdown(settings_title(dict(zip(by, standing.key, strict=True)))),
                f"{standing.trajectories:,}",
                f"{standing.area.images:,}",
                format_estimate(standing.area),
                _format_percent(standing.half_life),
                "-" if standing.seconds is None else f"{standing.seconds:.3g}",
            ]
            for standing in found.standings
        ],
    )
    yield "Differences between areas, paired by image (p: Wilcoxon's signed-rank test; adjusted by Holm's method):\n"
    yield markdown_table(
        ["nearer", "farther", "difference", "p", "adjusted p"],
        [
            [
                escape_markdown(settings_title(dict(zip(by, difference.nearer, strict=True)))),
                escape_markdown(settings_title(dict(zip(by, difference.farther, strict=True)))),
                format_estimate(difference.effect),
                f"{difference.p:.2g}",
                f"{difference.adjusted:.2g}",
            ]
            for difference in found.differences
        ],
    )
    if found.shared_squares:
        yield f"Here {describe_shared(found.shared_squares)}; the p values are for these squares.\n"
    if found.left_out:
        yield f"Left out, not finished by all of them: {format_count(found.left_out, 'trajectory')}.\n"


def _findings_section(data: ReportData, tested: Sequence[ConditionFindings]) -> Iterator[str]:
    yield "## The paper's findings\n"
    if not tested:
        yield "No finding was tested.\n"
        return
    yield (
        f"By {escape_markdown(data.metric or '')}; findings 4 and 6 always use the three LPIPS nets. 1′ to 3′ are "
        "about what the distance has beyond coverage, that is beyond the first repaint of each square.\n"
    )
    for condition in tested:
        yield f"### {escape_markdown(settings_title(condition.settings))}\n"
        for finding in (*condition.findings, *condition.excess):
            n = f"n = {format_count(finding.images, 'image')}, {format_count(finding.trajectories, 'trajectory')}"
            yield f"{finding.label}. {finding.claim} **{finding.verdict}** ({n}). Test: {finding.test}."
            for evidence, verdict in zip(finding.evidence, finding.parts, strict=True):
                beside = "" if evidence.decides else ", beside the verdict"
                yield (
                    f"   - {escape_markdown(evidence.what)}: {format_estimate(evidence.effect)}, "
                    f"null {evidence.null:g}, {format_count(evidence.effect.images, 'image')}: "
                    f"{evidence.open or verdict}{beside}"
                )
            if note := "; ".join(filter(None, (finding.note, finding.missing_data))):
                yield f"   - {escape_markdown(note)}"
        yield ""


def _format_percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"
