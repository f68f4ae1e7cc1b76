"""Prints how far the seeds of pictures are apart: a table, near-duplicates, and the matrix of a single set."""

from collections.abc import Callable, Collection, Iterator
from math import isnan
from typing import Any

from rich.text import Text

from riptui.cli.console import out, print_line, print_table
from riptui.cli.mask_names import MaskNames
from riptui.cli.settings_table import FormatCell, build_layouts, format_settings
from riptui.metrics.display import format_result
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.diversity import ConditionPoint, DiversityAnalysis, SeedSetPoint, SetDiversity, explain_intervals
from riptui.results.similarity import list_pairs
from riptui.text.terminal import shade
from riptui.text.units import format_count, format_inpainted

MAX_PAIRS_LISTED = 12  # near-duplicates
SELF = "·"


def print_diversity(analysis: DiversityAnalysis, names: MaskNames) -> None:
    """Print all that is known; of several sets only the last measured point's pairs."""
    unit = f" ({analysis.unit})" if analysis.unit else ""
    print_line(f"Distances by {analysis.by}{unit} between the seeds of each picture", "bold")
    points = [(condition.settings, point) for condition in analysis.conditions for point in condition.points]
    rows: list[dict[str, Any]] = [
        {"settings": names.name(dict(settings)), "point": point} for settings, point in points
    ]
    columns = ("95 % of Vendi", "runs", "distinct", "near pairs", "pictures")
    print_table(build_layouts(_drop_constant(rows), "settings", _columns(), columns))
    print_line(explain_intervals([point for _, point in points]), "dim")
    kept = _drop_constant(rows)[0]["settings"]
    _print_near(analysis, kept if len(analysis.conditions) > 1 else (), names)
    if len(analysis.sets) == 1:
        _print_matrix(analysis.sets[0])
    else:
        print_line("the matrix of a picture: riptui diversity with the path of its folder", "dim")


def _drop_constant(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Only the settings that differ, and always the inpainter."""
    kept = [
        name
        for name in rows[0]["settings"]
        if name == "inpainter" or len({row["settings"].get(name) for row in rows}) > 1
    ]
    return [row | {"settings": {name: row["settings"].get(name) for name in kept}} for row in rows]


def _columns() -> dict[str, FormatCell]:
    def of(row: dict[str, Any]) -> ConditionPoint:
        point: ConditionPoint = row["point"]
        return point

    return {
        "inpainted": lambda row: format_inpainted(of(row).inpainted),
        "pictures": lambda row: f"{of(row).pictures:,}",
        "runs": lambda row: f"{of(row).trajectories:,}",
        "distance": lambda row: format_result(of(row).distance.value),
        "95 %": lambda row: _format_range(of(row).distance),
        "Vendi": lambda row: _format_vendi(of(row)),
        "95 % of Vendi": lambda row: _format_range(of(row).vendi, "{:.2f}".format),
        "near pairs": lambda row: f"{of(row).near_pairs:,} of {of(row).pairs:,}",
        "distinct": lambda row: f"{of(row).distinct:,}",
    }


def _format_vendi(point: ConditionPoint) -> str:
    """With the greatest that it could be, on average."""
    if isnan(point.vendi.value):
        return "-"
    return f"{point.vendi.value:.2f} of {point.trajectories / point.pictures:.3g}"


def _format_range(estimate: IntervalEstimate, form: Callable[[float], str] = format_result) -> str:
    return "-" if isnan(estimate.low) else f"{form(estimate.low)} to {form(estimate.high)}"


def _print_near(analysis: DiversityAnalysis, by: Collection[str], names: MaskNames) -> None:
    """The near-duplicates at the last point of each set. by: the settings that tell conditions apart."""
    listed = [*_list_near(analysis, by, names)]
    title = f"Near-duplicates: at most {analysis.near_bits} of 64 bits of the perceptual hash differ"
    out.print()
    print_line(f"{title}: {format_count(len(listed), 'pair') if listed else 'none'}", "bold")
    for line in listed[:MAX_PAIRS_LISTED]:
        print_line(f"  {line}")
    if len(listed) > MAX_PAIRS_LISTED:
        print_line(f"  and {len(listed) - MAX_PAIRS_LISTED:,} more: --json, or --csv FILE", "dim")


def _list_near(analysis: DiversityAnalysis, by: Collection[str], names: MaskNames) -> Iterator[str]:
    for condition in analysis.conditions:
        settings = {name: value for name, value in names.name(dict(condition.settings)).items() if name in by}
        for diversity in condition.sets:
            point, seeds = diversity.points[-1], diversity.seed_set.seeds
            place = f"{diversity.seed_set.picture}{f', {format_settings(settings)}' if settings else ''}"
            for pair in point.near:
                bits = format_count(int(pair.distance), "bit")
                pair_seeds = f"seeds {seeds[pair.first]} and {seeds[pair.second]}"
                yield f"{pair_seeds}, {bits}  {place} at {format_inpainted(point.inpainted)}"


def _print_matrix(diversity: SetDiversity) -> None:
    point, seeds = diversity.points[-1], diversity.seed_set.seeds
    labels = [f"seed {seed}" for seed in seeds]
    margin = max(map(len, labels)) + 2
    room = (out.width if out.is_terminal else 200) - margin
    out.print()
    title = f"{diversity.seed_set.picture} at {format_inpainted(point.inpainted)}, neighbours are alike"
    if len(seeds) > room:
        print_line(f"{title}: the matrix of {len(seeds)} seeds does not fit here; --csv FILE has it", "dim")
        return
    nearest, farthest = (format_result(bound) for bound in _bounds(point))
    print_line(f"{title}: █ {nearest}, the nearest pair; blank {farthest}, the farthest", "bold")
    width = 2 if 2 * len(seeds) <= room else 1
    for place in point.order:
        print_line(Text(f"{labels[place]:<{margin}}{_shade_row(point, place, width)}"))


def _shade_row(point: SeedSetPoint, place: int, width: int) -> str:
    low, high = _bounds(point)
    return "".join(
        width * (SELF if other == place else shade(float(point.compared.distances[place, other]), low, high))
        for other in point.order
    )


def _bounds(point: SeedSetPoint) -> tuple[float, float]:
    pairs = list_pairs(point.compared.distances)
    return float(pairs.min()), float(pairs.max())
