"""The report's section on sets of pictures: a figure per condition and kind of features, tables, and comparisons."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.errors import RiptuiError
from riptui.export.tables import write_csv
from riptui.figures import panels, style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import Condition
from riptui.figures.figure import PlottedFigure, WrittenFigure
from riptui.figures.markdown import (
    condition_title,
    escape_markdown,
    format_estimate,
    markdown_list,
    markdown_table,
    show_figures,
)
from riptui.figures.report_data import OnReportProgress, ReportData
from riptui.figures.section import ReportSection
from riptui.metrics.sets import SET_METRICS
from riptui.results.curves import settings_title
from riptui.results.panel import condition_settings
from riptui.results.picture_sets import PictureSets, SetGroup, list_features, read_picture_sets
from riptui.results.set_curves import SetComparison, SetCurve, set_comparisons, set_curves
from riptui.results.set_tables import SetRow, comparison_rows, curve_rows
from riptui.store.layout import FEATURES_PREFIX, features_name
from riptui.text.units import format_count, format_inpainted

STEM = "figure-sets"
LANE_PERCENT = 5.0  # % inpainted for the bars of each mask size
UNBIASED = "kid"
"""The metric by which two groups are always compared: the only one that few pictures do not bias."""

_INTRODUCTION = """\
All frames of a condition at one inpainted % are a set of pictures, and their originals another; *features* are what a
network sees in each. *KID* is how far apart the sets are; it is unbiased, so that it can be below 0 by chance, and
leaves out the pairs of a frame with its own original. *Precision* and *density* say whether frames are where
originals are, *recall* and *coverage-prdc* whether there are frames wherever there are originals; since each frame
begins as its original, all of these begin at their best. FID, U-IDS and P-IDS need at least as many pictures as
features have dimensions. In brackets: 95 % confidence intervals by image.
"""


@dataclass(frozen=True)
class WrittenSets:
    """Metrics of the sets by kind of features, and their files."""

    curves: Mapping[str, Sequence[SetCurve]]
    """By the extractor's name."""
    comparisons: Mapping[str, Mapping[str, Sequence[SetComparison]]] = field(default_factory=dict)
    """By the extractor's name, and by the metric's."""
    by: Sequence[str] = ()
    notes: Sequence[str] = ()
    figures: Sequence[WrittenFigure] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    """By the extractor's name, the CSV of its comparisons."""

    def as_dict(self) -> dict[str, Any]:
        """For report.json."""
        found = {}
        for name, curves in self.curves.items():
            rows = [*curve_rows(curves, self.by)]
            rows += _comparison_rows(self.comparisons.get(name, {}), self.by)
            found[name] = {"points": rows}
        return {"features": found, "notes": list(self.notes)}


def write_sets(data: ReportData, folder: Path, on_progress: OnReportProgress) -> ReportSection:
    """Compute the metrics of sets that the stored features allow, and write the files. Raises DiskError."""
    by = [*condition_settings(data.runs), "mask"]
    found: dict[str, Sequence[SetCurve]] = {}
    comparisons: dict[str, Mapping[str, Sequence[SetComparison]]] = {}
    notes: dict[str, None] = {}
    figures: list[WrittenFigure] = []
    tables: dict[str, str] = {}
    names = list_features(summary.trajectory for summary in data.summaries)
    for done, name in enumerate(names):
        on_progress("comparing sets", done, len(names))
        try:
            sets = read_picture_sets(data.summaries, name, by)
        except RiptuiError as error:
            notes[str(error)] = None
            continue
        notes |= dict.fromkeys(sets.notes)
        curves, refused = _measure(sets, by)
        notes |= dict.fromkeys(refused)
        found[name] = curves
        with style.styled():
            figures += _write_figures(sets, curves, data.conditions, folder)
        with suppress(RiptuiError):  # there may be nothing to compare
            comparisons[name] = _compare(sets, curves)
            file = folder / f"{STEM}-{_slug(name)}-comparisons.csv"
            tables[name] = write_csv([*_comparison_rows(comparisons[name], by)], file).name
    written = WrittenSets(found, comparisons, by, [*notes], figures, tables)
    return ReportSection("sets", written.as_dict(), render_sets(written), figures, [*tables.values()])


def _measure(sets: PictureSets, by: Sequence[str]) -> tuple[list[SetCurve], list[str]]:
    """Each metric that can be computed from these features for any group, and why others cannot."""
    curves: list[SetCurve] = []
    refused: dict[str, None] = {}
    for metric, info in SET_METRICS.items():
        if info.per_dimension and info.features != sets.features:
            continue  # it is defined by the features of its source
        try:
            found = set_curves(sets, metric)
        except RiptuiError as error:  # an extra is missing
            refused[str(error)] = None
            continue
        titles: defaultdict[str, list[str]] = defaultdict(list)
        for curve in found:
            titles[curve.refusal].append(settings_title(dict(_settings(curve.group, by))))
        several = len(titles) > 1
        for refusal in filter(None, titles):
            refused[f"{refusal}: {'; '.join(titles[refusal])}" if several else refusal] = None
        curves += [curve for curve in found if not curve.refusal]
    return curves, [*refused]


def _compare(sets: PictureSets, curves: Sequence[SetCurve]) -> dict[str, Sequence[SetComparison]]:
    """By metric: by the unbiased one at all points, by others, which take longer, at the end.

    Raises InputError if there is nothing to compare; MissingExtraError.
    """
    return {metric: set_comparisons(sets, metric, only_end=metric != UNBIASED) for metric in compared_metrics(curves)}


def compared_metrics(curves: Sequence[SetCurve]) -> list[str]:
    """The unbiased one, and each that has an interval of any group and takes no classifier, which takes minutes."""
    known = {
        curve.metric
        for curve in curves
        if any(isfinite(point.estimate.low) for point in curve.points) and not SET_METRICS[curve.metric].is_fitted
    }
    return [metric for metric in SET_METRICS if metric == UNBIASED or metric in known]


def _comparison_rows(comparisons: Mapping[str, Sequence[SetComparison]], by: Sequence[str]) -> Iterator[SetRow]:
    for metric, compared in comparisons.items():
        yield from comparison_rows(compared, metric, by)


def _write_figures(
    sets: PictureSets, curves: Sequence[SetCurve], conditions: Sequence[Condition], folder: Path
) -> Iterator[WrittenFigure]:
    for condition in conditions:
        drawn = [curve for curve in curves if condition.includes(curve.group.spec)]
        if not drawn:
            continue
        images = max(point.images for curve in drawn for point in curve.points)
        known = any(isfinite(point.estimate.low) for curve in drawn for point in curve.points)
        intervals = "bars of 95 % confidence by image" if known else "no intervals, for want of images"
        caption = (
            f"The frames of {format_count(images, 'image')} against their originals by the features {sets.features}, "
            f"with {intervals}."
        )
        figure, rows = _draw_sets(drawn, condition), [*curve_rows(drawn, sets.by)]
        stem = condition.stem_of(f"{STEM}-{_slug(sets.features)}")
        yield style.write_plotted(PlottedFigure("sets", stem, caption, figure, rows), condition.label, folder)


def _draw_sets(curves: Sequence[SetCurve], condition: Condition) -> Figure:
    """Metrics of sets against the inpainted %. `curves`: of one condition, any metrics."""
    metrics = list(dict.fromkeys(curve.metric for curve in curves))
    figure, parts = panels.make_panel_figure(metrics, CurveView.AMOUNT)
    marks = panels.mark_styles(condition)
    lane = panels.lane_width(LANE_PERCENT, marks)
    last = max(point.inpainted for curve in curves for point in curve.points)
    for axes, metric in parts:
        for index, (mask, mark) in enumerate(marks.items()):
            offset = lane * (index - (len(marks) - 1) / 2)
            for curve in curves:
                if (curve.metric, curve.group.spec.mask) == (metric, mask):
                    _draw_curve(axes, curve, offset, mark)
        info = SET_METRICS[metric]
        axes.set_title(f"{metric}; lower is farther" if info.higher_means == "closer" else metric)
        style.set_percent_axis(axes, CurveView.AMOUNT, last_amount=last)
        if info.is_share:
            axes.set_ylim(-0.03, 1.03)
        elif metric == "kid":
            axes.axhline(0, color=style.FAINT, linewidth=0.7, zorder=1)
    style.add_legend(figure, marks)
    return figure


def _draw_curve(axes: Axes, curve: SetCurve, offset: float, mark: style.MarkStyle) -> None:
    points = [point for point in curve.points if isfinite(point.estimate.value)]
    x = [panels.shift_amount(point.inpainted, offset) for point in points]
    style.draw_estimates(axes, x, [point.estimate for point in points], mark)


def render_sets(written: WrittenSets) -> Iterator[str]:
    """The parts of the section's text; nothing if no trajectory has features."""
    if not written.curves and not written.notes:
        return
    yield f"## Sets of pictures\n\n{_INTRODUCTION if written.curves else ''}"
    yield from show_figures("Sets of pictures", written.figures)
    for name, curves in written.curves.items():
        yield f"By the features {escape_markdown(name)}, at the end:\n"
        yield _ends_table(curves, written.by)
        if compared := written.comparisons.get(name):
            yield (
                "Two conditions on the images that both have, at the end: between their frames, and that of the first "
                f"to the originals less that of the second. [CSV]({written.tables[name]})\n"
            )
            yield _comparisons_table(compared, written.by)
    yield markdown_list(map(escape_markdown, written.notes))


def _ends_table(curves: Sequence[SetCurve], by: Sequence[str]) -> str:
    metrics = list(dict.fromkeys(curve.metric for curve in curves))
    groups = list({id(curve.group): curve.group for curve in curves}.values())
    last = {(id(curve.group), curve.metric): curve.points[-1] for curve in curves}
    rows = []
    for group in groups:
        points = [last.get((id(group), metric)) for metric in metrics]
        inpainted, images = next((point.inpainted, point.images) for point in points if point)
        cells = [format_estimate(point.estimate) if point else "-" for point in points]
        rows.append([_title(group, by), group.spec.mask_title, f"{images:,}", format_inpainted(inpainted), *cells])
    return markdown_table(["inpainter", "mask", "images", "inpainted", *metrics], rows)


def _comparisons_table(comparisons: Mapping[str, Sequence[SetComparison]], by: Sequence[str]) -> str:
    rows = [
        [
            metric,
            _title(comparison.first, by),
            _title(comparison.second, by),
            comparison.first.spec.mask_title,
            f"{comparison.between[-1].images:,}",
            format_inpainted(comparison.between[-1].inpainted),
            format_estimate(comparison.between[-1].estimate),
            format_estimate(comparison.differences[-1].estimate),
        ]
        for metric, compared in comparisons.items()
        for comparison in compared
        if comparison.between and comparison.differences
    ]
    columns = ["metric", "first", "second", "mask", "images", "inpainted", "between", "difference"]
    return markdown_table(columns, rows)


def _title(group: SetGroup, by: Sequence[str]) -> str:
    return condition_title(dict(_settings(group, by)))


def _settings(group: SetGroup, by: Sequence[str]) -> Iterator[tuple[str, Any]]:
    return zip(by, group.key, strict=True)


def _slug(features: str) -> str:
    """An extractor's part of a file name."""
    return features_name(features).removeprefix(FEATURES_PREFIX).removesuffix(".npz")
