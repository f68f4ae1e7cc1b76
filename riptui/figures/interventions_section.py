"""The report's section on interventions: each against none, on the same images, masks and noise."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from riptui.export.tables import TableCell, write_csv
from riptui.figures.data import Condition
from riptui.figures.markdown import escape_markdown, format_estimate, markdown_table
from riptui.figures.section import ReportSection
from riptui.metrics.display import format_result, in_display_order
from riptui.metrics.values import finite_or_none
from riptui.results.intervention_effects import InterventionEffect, compare_interventions
from riptui.text.units import format_count, format_inpainted

INTERVENTIONS_CSV = "interventions.csv"

_INTRODUCTION = """\
The value at the end with an intervention minus the value without it, paired by image, masks and noise: the seeds of an
image averaged first, in brackets a 95 % interval over images. Of a distance, a difference below 0 means that the
intervention ends nearer to the original; of a similarity such as ssim or psnr, one above 0.
"""


def write_interventions(conditions: Sequence[Condition], metric: str | None, folder: Path) -> ReportSection:
    """Compare the interventions of all conditions, by each metric; nothing without a pair. Raises DiskError.

    `metric`: that of the report, which the headline is about.
    """
    runs = [run for condition in conditions for run in condition.runs]
    names = in_display_order({name for run in runs for name in run.curves})
    effects = [
        effect
        for name in names
        for effect in compare_interventions(run.curves[name] for run in runs if name in run.curves)
    ]
    if not effects:
        return ReportSection("interventions", [])
    write_csv([_row(effect) for effect in effects], folder / INTERVENTIONS_CSV)
    return ReportSection(
        "interventions",
        [asdict(effect) for effect in effects],
        _render(effects),
        files=[INTERVENTIONS_CSV],
        headline=_headline(effects, metric),
    )


def _render(effects: Sequence[InterventionEffect]) -> Iterator[str]:
    yield f"## Interventions\n\n{_INTRODUCTION}"
    metrics = list(dict.fromkeys(effect.metric for effect in effects))
    pairs: defaultdict[tuple[str, ...], dict[str, dict[str, InterventionEffect]]] = defaultdict(dict)
    for effect in effects:
        key = effect.inpainter, effect.mask, effect.order, format_inpainted(effect.amount)
        pairs[key].setdefault(effect.intervention, {})[effect.metric] = effect
    varied = [place for place in range(4) if place < 2 or len({group[place] for group in pairs}) > 1]
    rows = []
    for group, by_intervention in pairs.items():
        shown = [escape_markdown(group[place]) for place in varied]
        without = {
            metric: effect.without for by_metric in by_intervention.values() for metric, effect in by_metric.items()
        }
        rows.append([*shown, "none: the value itself", "", *(format_result(without[name]) for name in metrics)])
        for intervention, by_metric in by_intervention.items():
            cells = [format_estimate(by_metric[name].difference) if name in by_metric else "-" for name in metrics]
            images = max(effect.images for effect in by_metric.values())
            rows.append([*shown, escape_markdown(intervention), f"{images:,}", *cells])
    heads = [("inpainter", "mask", "order", "amount")[place] for place in varied]
    yield markdown_table([*heads, "intervention", "images", *map(escape_markdown, metrics)], rows)
    yield f"[CSV]({INTERVENTIONS_CSV})\n"


def _headline(effects: Sequence[InterventionEffect], metric: str | None) -> str:
    """How many interventions change the end by the report's metric, in a line; nothing without a pair."""
    by_metric = [effect for effect in effects if effect.metric == metric]
    if not by_metric:
        return ""
    clear = [effect for effect in by_metric if effect.difference.low > 0 or effect.difference.high < 0]
    up = sum(effect.difference.value > 0 for effect in clear)
    return (
        f"Interventions: of {format_count(len(by_metric), 'difference')} to none, by inpainter, mask and intervention, "
        f"{len(clear):,} have an interval without 0, one by one, not corrected for their number: {up:,} with a higher "
        f"{escape_markdown(metric or '')} at the end, {len(clear) - up:,} with a lower one"
    )


def _row(effect: InterventionEffect) -> dict[str, TableCell]:
    return {
        "metric": effect.metric,
        "inpainter": effect.inpainter,
        "mask": effect.mask,
        "order": effect.order,
        "amount": effect.amount,
        "intervention": effect.intervention,
        "images": effect.images,
        "without": finite_or_none(effect.without),
        **effect.difference.cells("difference"),
    }
