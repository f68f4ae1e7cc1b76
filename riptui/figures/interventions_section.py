"""The report's section on interventions: each against none, on the same images, masks and noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from riptui.export.tables import TableCell, write_csv
from riptui.figures.data import Condition
from riptui.figures.markdown import escape_markdown, format_estimate, markdown_table
from riptui.metrics.display import format_result, in_display_order
from riptui.metrics.values import finite_or_none
from riptui.results.intervention_effects import InterventionEffect, compare_interventions
from riptui.text.units import format_inpainted

INTERVENTIONS_CSV = "interventions.csv"

_INTRODUCTION = """\
The value at the end with an intervention minus the value without it, paired by image, masks and noise: the seeds of an
image averaged first, with a 95 % interval over images. Of a distance, a difference below 0 means that the intervention
ends nearer to the original; of a similarity such as ssim or psnr, one above 0.
"""


@dataclass(frozen=True)
class WrittenInterventions:
    """The differences, and the file that has them."""

    effects: Sequence[InterventionEffect] = ()
    files: Sequence[str] = ()


def write_interventions(conditions: Sequence[Condition], folder: Path) -> WrittenInterventions:
    """Compare the interventions of all conditions, by each metric; nothing without a pair. Raises DiskError."""
    runs = [run for condition in conditions for run in condition.runs]
    names = in_display_order({name for run in runs for name in run.curves})
    effects = [
        effect
        for name in names
        for effect in compare_interventions(run.curves[name] for run in runs if name in run.curves)
    ]
    if not effects:
        return WrittenInterventions()
    file = write_csv([_row(effect) for effect in effects], folder / INTERVENTIONS_CSV)
    return WrittenInterventions(effects, [file.name])


def render_interventions(found: WrittenInterventions) -> Iterator[str]:
    """The parts of the section's text; nothing without a pair."""
    if not found.effects:
        return
    yield f"## Interventions\n\n{_INTRODUCTION}"
    columns = ["metric", "inpainter", "mask", "intervention", "images", "without", "difference"]
    yield markdown_table(columns, [_cells(effect) for effect in found.effects])
    yield f"[CSV]({INTERVENTIONS_CSV})\n"


def _cells(effect: InterventionEffect) -> list[str]:
    mask = f"{effect.mask}, {effect.order}, {format_inpainted(effect.amount)}"
    texts = [effect.metric, effect.inpainter, mask, effect.intervention]
    numbers = [f"{effect.images:,}", format_result(effect.without), format_estimate(effect.difference)]
    return [*map(escape_markdown, texts), *numbers]


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
        "difference": finite_or_none(effect.difference.value),
        "low": finite_or_none(effect.difference.low),
        "high": finite_or_none(effect.difference.high),
    }
