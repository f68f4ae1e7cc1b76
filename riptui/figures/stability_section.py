"""The report's section on stability: the drift of each condition, and their comparison by paired tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from statistics import median

from riptui.errors import InputError
from riptui.export.tables import TableCell, write_csv
from riptui.figures.data import Condition
from riptui.figures.markdown import escape_markdown, format_estimate, markdown_table
from riptui.figures.report_data import ReportData
from riptui.metrics.display import format_result
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES
from riptui.results.comparison import InpainterComparison, Standing, compare, settings_to_compare
from riptui.results.curves import GroupKey, settings_title
from riptui.results.shared_squares import describe_shared
from riptui.results.statistics import summarize_drift
from riptui.text.terminal import printable
from riptui.text.units import format_count

COMPARISON_CSV = "comparison.csv"
MAX_PAIRS = 10  # in the text; of more, those with the most stable condition
SIGNIFICANT = 0.05  # of p adjusted for all pairs


@dataclass(frozen=True)
class WrittenStability:
    """Conditions side by side by the report's metric, and the file with all pairs."""

    metric: str | None
    by: Sequence[str] = ()
    comparison: InpainterComparison | None = None
    why_not: str = ""
    """Why there is no comparison."""
    files: Sequence[str] = ()

    def title(self, key: GroupKey) -> str:
        """What a standing is of; not yet printable."""
        return settings_title(dict(zip(self.by, key, strict=True)))

    @property
    def rows(self) -> list[dict[str, TableCell]]:
        """Every pair of conditions."""
        return [
            {
                "nearer": printable(self.title(pair.nearer)),
                "farther": printable(self.title(pair.farther)),
                "images": pair.effect.images,
                **pair.effect.cells("difference"),
                "p": pair.p,
                "adjusted p": pair.adjusted,
            }
            for pair in (self.comparison.differences if self.comparison else ())
        ]


def write_stability(data: ReportData, folder: Path) -> WrittenStability:
    """Compare the conditions by the report's metric, and write every pair as CSV. Raises DiskError."""
    if data.metric is None:
        return WrittenStability(None)
    members = [run.curves[data.metric] for condition in data.conditions for run in condition.measured_runs(data.metric)]
    by = settings_to_compare(members)
    try:
        comparison = compare(members, by)
    except InputError as error:
        return WrittenStability(data.metric, by, why_not=str(error))
    found = WrittenStability(data.metric, by, comparison, files=[COMPARISON_CSV])
    write_csv(found.rows, folder / COMPARISON_CSV)
    return found


def render_stability(data: ReportData, found: WrittenStability) -> Iterator[str]:
    """The parts of the section's text; nothing without a metric."""
    if found.metric is None:
        return
    yield (
        f"## Stability\n\nBy {escape_markdown(found.metric)}. Area: its mean over the whole amount. Half-life: where "
        "the metric has made half of its change up to the end, so that it depends on the amount; in parentheses that "
        "of coverage alone, if squares are damaged once and stay so: where both are alike, the shape of the curve is "
        "the protocol's, not the inpainter's. In brackets: 95 % confidence intervals over images, the seeds of an "
        f"image averaged first; none over fewer than {MIN_INTERVAL_IMAGES} images.\n"
    )
    rows = [row for condition in data.conditions for row in _drift_rows(condition, found.metric)]
    columns = ["condition", "mask", "trajectories", "images", "at the end ± sd over images", "area", "half-life"]
    yield markdown_table([*columns, "s per inpainting"], rows)
    if found.comparison:
        passes = {escape_markdown(condition.title): condition.passes for condition in data.conditions}
        yield from _comparison_tables(found, found.comparison, passes)
    else:
        yield f"Inpainters are not compared: {escape_markdown(found.why_not)}.\n"


def render_standings(data: ReportData, found: WrittenStability) -> Iterator[str]:
    """The comparison in short, for the report's summary: how each condition ends, the most stable first."""
    if found.metric is None:
        return
    masks = data.conditions[0].sizes if data.conditions else []
    metric = found.metric
    titles = {escape_markdown(condition.title): condition for condition in data.conditions}
    ranked: list[tuple[str, Standing | None]] = [(title, None) for title in titles]
    if found.comparison:
        ranked = [(escape_markdown(found.title(standing.key)), standing) for standing in found.comparison.standings]
        ranked = ranked if {title for title, _ in ranked} == titles.keys() else [(title, None) for title in titles]
    order = ", most stable first" if all(standing for _, standing in ranked) else ""
    yield f"Mean {escape_markdown(metric)} at the end by mask, and over the whole amount (*area*){order}:\n"
    rows = []
    for title, standing in ranked:
        condition = titles[title]
        runs = condition.measured_runs(metric)
        area = standing.area if standing else summarize_drift([run.curves[metric] for run in runs]).area
        ends = [_mean_at_end(condition, metric, mask) for mask in masks]
        rows.append([title, f"{len({run.image for run in runs}):,}", *ends, format_estimate(area)])
    names = {mask: title for condition in data.conditions for mask, title in condition.mask_titles.items()}
    heads = [names.get(mask, f"{mask} px") for mask in masks]
    yield markdown_table(["condition", "images", *heads, "area"], rows)
    if found.comparison:
        yield f"{summarise_pairs(found.comparison)}\n"


def summarise_pairs(comparison: InpainterComparison) -> str:
    """How many pairs differ, in a sentence; and whether any could, with so few images."""
    pairs = comparison.differences
    apart = sum(pair.adjusted < SIGNIFICANT for pair in pairs)
    text = f"{apart:,} of {format_count(len(pairs), 'pair')} {'differs' if apart == 1 else 'differ'} significantly"
    text += " (Wilcoxon's signed-rank test by image, p adjusted for all pairs by Holm's method below 0.05)"
    images = min(pair.effect.images for pair in pairs)
    least = 2.0 ** (1 - images) * len(pairs)
    if least >= SIGNIFICANT:
        text += (
            f". With {format_count(images, 'image')} p is at least {2.0 ** (1 - images):.2g}, and {len(pairs):,} times "
            "that is above 0.05: no pair could, whatever it does. Compare fewer conditions, or more images"
        )
    return f"{text}."


def _mean_at_end(condition: Condition, metric: str, mask: int) -> str:
    runs = [run for run in condition.measured_runs(metric) if run.spec.mask == mask]
    return format_result(summarize_drift([run.curves[metric] for run in runs]).final.value) if runs else "-"


def _drift_rows(condition: Condition, metric: str) -> Iterator[list[str]]:
    for mask in condition.masks:
        runs = [run for run in condition.measured_runs(metric) if run.spec.mask == mask]
        if not runs:
            continue
        summary = summarize_drift([run.curves[metric] for run in runs])
        sd = summary.last.sd if summary.last else float("nan")
        half_life = _format_amount(summary.half_life, condition.passes)
        coverage = "" if condition.whole_image else f" ({_format_amount(summary.coverage_half_life)})"
        yield [
            escape_markdown(condition.title),
            runs[0].spec.mask_title,
            f"{summary.trajectories:,}",
            f"{summary.images:,}",
            format_result(summary.final.value) + ("" if isnan(sd) else f" ± {format_result(sd)}"),
            format_estimate(summary.area),
            f"{half_life}{coverage}",
            f"{median(run.seconds for run in runs):.3g}",
        ]


def _comparison_tables(
    found: WrittenStability, comparison: InpainterComparison, passes: Mapping[str, int]
) -> Iterator[str]:
    yield "Most stable first, on the squares that all of them repainted:\n"
    yield markdown_table(
        ["condition", "trajectories", "images", "area", "half-life", "s per inpainting"],
        [
            [
                (title := escape_markdown(found.title(standing.key))),
                f"{standing.trajectories:,}",
                f"{standing.area.images:,}",
                format_estimate(standing.area),
                _format_amount(standing.half_life, passes.get(title, 0)),
                "-" if standing.seconds is None else f"{standing.seconds:.3g}",
            ]
            for standing in comparison.standings
        ],
    )
    pairs, which = comparison.differences, "Differences between areas"
    if len(pairs) > MAX_PAIRS:
        pairs = [pair for pair in pairs if pair.nearer == comparison.standings[0].key]
        which = f"Differences between the area of the most stable and each other ([CSV]({COMPARISON_CSV}) of all pairs)"
    yield f"{which}, paired by image (p: Wilcoxon's signed-rank test; adjusted for all pairs by Holm's method):\n"
    rows = [
        [
            *(escape_markdown(found.title(key)) for key in (pair.nearer, pair.farther)),
            format_estimate(pair.effect),
            f"{pair.p:.2g}",
            f"{pair.adjusted:.2g}",
        ]
        for pair in pairs
    ]
    yield markdown_table(["nearer", "farther", "difference", "p", "adjusted p"], rows)
    link = f" [CSV]({COMPARISON_CSV})" if len(pairs) == len(comparison.differences) else ""
    yield f"{summarise_pairs(comparison)}{link}\n"
    if comparison.shared_squares:
        yield f"Here {describe_shared(comparison.shared_squares)}; the p values are for these squares.\n"
    if comparison.left_out:
        yield f"Left out, not finished by all of them: {format_count(comparison.left_out, 'trajectory')}.\n"


def _format_amount(value: float | None, passes: int = 0) -> str:
    """In % inpainted; where iterations repaint the whole image in passes, of which there are so many per 100 %."""
    if value is None:
        return "-"
    return f"{value / 100 * passes:.1f} passes" if passes else f"{value:.0f} %"
