"""What recursion does, as tables on the terminal; from the dictionary that also becomes JSON."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from riptui.cli.console import out, print_line, print_prose, print_table, warn, warn_left_out
from riptui.cli.settings_table import (
    FormatCell,
    build_layouts,
    explain_few_images,
    explain_shared,
    format_estimate,
    format_interval,
)
from riptui.metrics.display import format_result
from riptui.results.exposure import DELTA_E, LUMA, PATCH_ERRORS
from riptui.text.units import format_inpainted


def print_recursion(recursion: Mapping[str, Any]) -> None:
    """Print the tables, and what was left out."""
    if recursion["groups"]:
        for name in dict.fromkeys(name for group in recursion["groups"] for name in group["errors"]):
            _print_effects(recursion["groups"], name)
            if name in recursion["gaps"]:
                print_line(recursion["gaps"][name], "dim")
        for line in _explain(recursion["groups"]):
            print_prose(line, "dim")
    else:
        warn("no trajectory is complete and made with paste: nothing can be said about recursion")
    _print_held_out([held for held in recursion["held_out"] if held["error"] == LUMA])
    _print_orders(recursion["orders"])
    for note in recursion["notes"]:
        print_prose(note, "dim")
    warn_left_out(recursion["left_out"])


def _print_effects(groups: Sequence[dict[str, Any]], name: str) -> None:
    out.print()
    unit = f", in {PATCH_ERRORS[name]}" if name in PATCH_ERRORS else ""
    print_line(f"What recursion does: {name} error of squares{unit}", "bold")
    rows = [{"key": group["key"]} | group["errors"][name] for group in groups if name in group["errors"]]
    columns: dict[str, FormatCell] = {
        "n": lambda row: str(row["trajectories"]),
        "images": lambda row: str(row["images"]),
        "D1": lambda row: format_result(row["by_exposure"][0]["error"]["value"]),
        "R": lambda row: format_result(row["slope"]["value"]),
        "95 %": lambda row: format_interval(row["slope"]),
        "R / D1": lambda row: _format_share(row["relative_slope"]),
        "direct": lambda row: _format_share(row["direct"], digits=2),
        "at the end": lambda row: format_result(row["end"]["value"]),
        "excess": lambda row: format_result(row["excess"]["value"]),
        "95 % of it": lambda row: format_interval(row["excess"]),
        "coverage": lambda row: _format_share(row["explained"]),
    }
    expendable = ("n", "95 % of it", "images", "direct", "at the end", "excess", "R / D1")
    print_table(build_layouts(rows, "key", columns, expendable))


def _explain(groups: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "D1: mean error right after the first repaint of a square; R: how much each further repaint of it adds"
    yield "direct: what of R / D1 a repaint adds by itself, nothing around the square having been repainted in between"
    yield "excess: what is beyond that of first repaints at the end; coverage: how much of the end these explain"
    yield from explain_few_images(group["errors"][LUMA]["images"] for group in groups)
    yield from explain_shared(groups)


def _print_held_out(held: Sequence[dict[str, Any]]) -> None:
    if not held:
        return
    out.print()
    print_prose("Luma error predicted by a (1 - exp(-t / tau)), fitted to the other mask sizes or orders", "bold")
    columns: dict[str, FormatCell] = {
        "not fitted to": lambda row: f"this {row['left_out']}",
        "tau": lambda row: f"{row['model']['tau']:.2g}",
        "off by": lambda row: f"{row['deviation']:.1f} %",
        "coverage alone": lambda row: f"{row['coverage_deviation']:.1f} %",
    }
    print_table(build_layouts(held, "key", columns, ("tau",)))
    print_line("off by: root mean square over the amounts, in % of the mean error", "dim")


def _print_orders(orders: Sequence[dict[str, Any]]) -> None:
    rows = [row for comparison in orders for row in _order_rows(comparison)]
    if not rows:
        return
    out.print()
    print_line("Orders of squares on the same images: the value of the first minus that of the second", "bold")
    columns: dict[str, FormatCell] = {
        "by": lambda row: str(row["metric"]),
        "orders": lambda row: " - ".join(row["orders"]),
        "images": lambda row: str(row["images"]),
    }
    amounts = sorted({inpainted for row in rows for inpainted in row["differences"]})
    for amount in amounts:
        columns[f"at {format_inpainted(amount)}"] = partial(_format_difference, amount)
    print_table(build_layouts(rows, "key", columns, ("images",)))


def _order_rows(comparison: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each metric and pair of orders; the colour error is left to the JSON."""
    by_pair: defaultdict[tuple[str, str, str], dict[float, Any]] = defaultdict(dict)
    for row in comparison["differences"]:
        by_pair[row["metric"], row["order"], row["other"]][row["inpainted"]] = row["difference"]
    for (metric, *orders), differences in by_pair.items():
        if not metric.startswith(DELTA_E):
            images = next(iter(differences.values()))["images"]
            key = comparison["key"]
            yield {"key": key, "metric": metric, "orders": orders, "images": images, "differences": differences}


def _format_difference(amount: float, row: dict[str, Any]) -> str:
    return format_estimate(row["differences"][amount]) if amount in row["differences"] else "-"


def _format_share(estimate: dict[str, float], digits: int = 1) -> str:
    value = estimate["value"]
    return "-" if format_result(value) == "-" else f"{round(value, digits) + 0.0:.{digits}f} %"  # -0.0 becomes 0.0
