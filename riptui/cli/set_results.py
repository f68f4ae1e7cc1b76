"""`riptui results --metric kid`: a metric of sets of pictures, by group and inpainted %."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from riptui.cli.console import out, print_json, print_line, print_table, warn
from riptui.cli.mask_names import MaskNames
from riptui.cli.results_tables import to_json_value
from riptui.cli.settings_table import FormatCell, build_layouts, explain_few_images, format_range, format_settings
from riptui.errors import InputError
from riptui.export.tables import write_csv
from riptui.metrics.display import format_result
from riptui.metrics.sets import find_set_metric
from riptui.results.picture_sets import PictureSets, SetGroup, choose_features, read_picture_sets
from riptui.results.set_curves import SetComparison, SetCurve, set_comparisons, set_curves
from riptui.results.set_tables import comparison_rows, curve_rows
from riptui.store.listing import TrajectorySummary
from riptui.text.terminal import printable
from riptui.text.units import format_inpainted


def set_results(
    summaries: Sequence[TrajectorySummary],
    metric: str,
    features: str | None,
    keys: Sequence[str],
    *,
    compare: bool,
    csv: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """keys: by which to group. Raises InputError, after what could be computed, if the metric refuses all groups."""
    sets = read_picture_sets(summaries, choose_features(metric, features, summaries), keys)
    for note in sets.notes:
        warn(note)
    curves = set_curves(sets, metric)
    comparisons = set_comparisons(sets, metric) if compare else []
    rows = [*curve_rows(curves, sets.by), *comparison_rows(comparisons, metric, sets.by)]
    if csv:
        warn(f"{write_csv(rows, csv, overwrite=overwrite)}: written")
    if as_json:
        print_json(to_json_value({"metric": metric, "features": sets.features, "by": [*sets.by], "points": rows}))
    else:
        names = MaskNames(summary.spec for summary in summaries if summary.spec)
        _print_curves(curves, sets, names)
        for comparison in comparisons:
            _print_comparison(comparison, metric, sets, names)
    refusals = {curve.refusal for curve in curves}
    if "" in refusals:
        return
    if not compare:
        raise InputError("; ".join(sorted(refusals)))
    warn(f"no absolute values: {'; '.join(sorted(refusals))}")


def _print_curves(curves: Sequence[SetCurve], sets: PictureSets, names: MaskNames) -> None:
    computed = [curve for curve in curves if not curve.refusal]
    if not computed:
        return
    metric = computed[0].metric
    rows = [{"key": _key(curve.group, sets, names), "point": point} for curve in computed for point in curve.points]
    print_table(build_layouts(rows, "key", _columns(metric), ("images", "95 %")))
    print_line(f"{metric} of the frames against their originals, by the features {printable(sets.features)}", "dim")
    for line in _explain(computed):
        print_line(line, "dim")


def _explain(curves: Sequence[SetCurve]) -> Iterator[str]:
    info = find_set_metric(curves[0].metric)
    yield info.summary
    images = min(point.images for curve in curves for point in curve.points)
    if few := [*explain_few_images([images])]:
        yield from few
    elif info.is_fitted:
        yield "the interval is Wilson's of half as many pictures: no resample is classified"
    elif images > info.resampled_pictures:
        yield (
            f"over more than {info.resampled_pictures:,} images the interval is by the influence of each picture "
            "(infinitesimal jackknife): each resample takes too long"
        )


def _print_comparison(comparison: SetComparison, metric: str, sets: PictureSets, names: MaskNames) -> None:
    first, second = (format_settings(_key(group, sets, names)) for group in (comparison.first, comparison.second))
    out.print()
    print_line(f"{first} and {second}", "bold")
    parts = {f"{metric} between their frames": comparison.between, "difference": comparison.differences}
    for title, points in parts.items():
        if not points:
            continue
        if refused := {point.refused for point in points} - {""}:
            print_line(f"{title}: {refused.pop()}", "dim")
            continue
        if title == "difference":
            print_line(f"{metric} of the first to the originals less that of the second, at equal n", "dim")
        rows = [{"key": {}, "point": point} for point in points]
        print_table(build_layouts(rows, "key", _columns(title), ("images", "95 %")))


def _columns(title: str) -> dict[str, FormatCell]:
    return {
        "inpainted": lambda row: format_inpainted(row["point"].inpainted),
        "images": lambda row: str(row["point"].images),
        title: lambda row: format_result(row["point"].estimate.value),
        "95 %": lambda row: format_range(row["point"].estimate.low, row["point"].estimate.high),
    }


def _key(group: SetGroup, sets: PictureSets, names: MaskNames) -> dict[str, Any]:
    return names.name(dict(zip(sets.by, group.key, strict=True)))
