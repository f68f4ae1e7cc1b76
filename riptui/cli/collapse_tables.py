"""How trajectories end, as tables on the terminal; from the dictionary that also becomes JSON."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

from riptui.cli.console import print_line, print_prose, print_table, warn
from riptui.cli.run_display import name_paths
from riptui.cli.settings_table import FormatCell, build_layouts, explain_few_images, format_estimate
from riptui.metrics.display import distance_name, format_result
from riptui.results.collapse_summary import LABELS
from riptui.text.units import format_count, format_inpainted

MAX_AMOUNTS = 8
"""Columns of the table of coupling; of more amounts, every so many are shown."""
MAX_LISTED = 20
"""Trajectories that are listed one by one; of more, --csv and --json do."""

VALUE_FORMATS: Mapping[str, str] = {
    "detail": "{:.0f} %",
    "seams": "{:.2f}",
    "structure": "{:.2f}",
    "colour_spread": "{:.1f}",
    "growth": "{:+.0f} %",
}


def print_collapse(summary: Mapping[str, Any]) -> None:
    """Print the shares of the labels, each trajectory if there are few, and the thresholds."""
    if not summary["groups"]:
        warn("no trajectory is complete: nothing can be said about its end; see riptui resume")
        return
    print_line("How trajectories end: % of them", "bold")
    columns: dict[str, FormatCell] = {
        "n": lambda row: str(row["trajectories"]),
        "images": lambda row: str(row["images"]),
        **{str(label): partial(_format_share, str(label)) for label in LABELS},
    }
    print_table(build_layouts(summary["groups"], "key", columns, ("images", "none of these", "n")))
    print_line("Medians of what was measured", "bold")
    values: dict[str, FormatCell] = {name.replace("_", " "): partial(_format_median, name) for name in VALUE_FORMATS}
    print_table(build_layouts(summary["groups"], "key", values, ()))
    if len(summary["trajectories"]) <= MAX_LISTED:
        _print_each(summary["trajectories"])
    _print_spreads(summary["images"], summary["metric"])
    for rule in summary["rules"]:
        print_prose(rule, "dim")
    known = summary["metric"]
    growth = f"by {distance_name(known)}" if known else "not known: no distance is measured (riptui measure)"
    print_prose(f"growth of the distance per covered area over the second half of the amount: {growth}", "dim")
    for line in explain_few_images(row["images"] for row in summary["groups"]):
        print_line(line, "dim")


def print_attraction(attraction: Mapping[str, Any]) -> None:
    """Print whether different pictures end alike; nothing where there are too few of them."""
    if not attraction["groups"]:
        return
    print_line(f"Whether different pictures end alike, by {attraction['features']}", "bold")
    columns: dict[str, FormatCell] = {
        "n": lambda row: str(row["trajectories"]),
        "images": lambda row: str(row["images"]),
        "apart": lambda row: _format_ratio(row["ratio"]),
        "clusters": lambda row: str(len(row["clusters"])),
        "largest": lambda row: format_count(row["clusters"][0]["images"], "image"),
        "alike below": lambda row: format_result(row["radius"]),
    }
    print_table(build_layouts(attraction["groups"], "key", columns, ("alike below", "n")))
    print_prose("apart: mean distance between the ends of two pictures, divided by that of their originals", "dim")
    print_prose(attraction["rule"], "dim")


def print_coupling(coupling: Mapping[str, Any]) -> None:
    """Print how far apart pictures stay; nothing unless some share squares and noise."""
    if not coupling["groups"]:
        return
    print_line("Two pictures, driven by the same squares and noise or by their own: distance, at 0 % 1", "bold")
    amounts = sorted({point["inpainted"] for group in coupling["groups"] for point in group["points"]} - {0.0})
    shown = amounts[:: max(1, len(amounts) // 4)] if len(amounts) > MAX_AMOUNTS else amounts
    columns: dict[str, FormatCell] = {
        "squares": lambda row: str(row["squares"]),
        "images": lambda row: str(row["images"]),
        "seeds": lambda row: str(row["seeds"]),
        **{format_inpainted(amount): partial(_format_point, amount) for amount in dict.fromkeys([*shown, amounts[-1]])},
    }
    rows = [{**group, "key": {k: v for k, v in group["key"].items() if k != "squares"}} for group in coupling["groups"]]
    print_table(build_layouts(rows, "key", columns, ("seeds",)))
    print_prose(
        "distance: root mean square difference of frames reduced to 64 px; of own squares it falls where all ends are "
        "alike, of shared ones also where pictures are driven alike",
        "dim",
    )


def _format_point(amount: float, row: Mapping[str, Any]) -> str:
    ratios = [point["ratio"] for point in row["points"] if point["inpainted"] == amount]
    return _format_ratio(ratios[0]) if ratios else "-"


def _format_ratio(ratio: Mapping[str, float]) -> str:
    return format_estimate(ratio, "{:.2f}".format)


def _print_each(trajectories: Sequence[Mapping[str, Any]]) -> None:
    names = name_paths([Path(row["path"]) for row in trajectories])
    rows = [{**row, "key": {"trajectory": name}} for row, name in zip(trajectories, names, strict=True)]
    columns: dict[str, FormatCell] = {
        "look": lambda row: str(row["look"]),
        "stabilised": lambda row: {True: "yes", False: "no", None: "-"}[row["stabilised"]],
        **{name.replace("_", " "): partial(_format_measured, name) for name in VALUE_FORMATS},
    }
    print_table(build_layouts(rows, "key", columns, ("colour spread", "structure", "seams")))


def _print_spreads(images: Sequence[Mapping[str, Any]], metric: str | None) -> None:
    if not images:
        return
    spread = sum(image["spreads"] for image in images)
    by = f", by {distance_name(metric)} at the end" if metric else ""
    print_prose(f"Mask sizes of a picture in a condition{by}: {spread} of {len(images)} spread by mask size", "bold")
    if len(images) > MAX_LISTED:
        return
    masks = sorted({mask for image in images for mask in image["distances"]})
    rows = [{**image, "key": {"image": image["source_name"], **image["key"]}} for image in images]
    columns: dict[str, FormatCell] = {
        **{f"{mask} px": partial(_format_distance, mask) for mask in masks},
        "spread": lambda row: f"{row['spread']:.1f} %",
        "kind": lambda row: "spreads by mask size" if row["spreads"] else "similar",
    }
    print_table(build_layouts(rows, "key", columns, ()))


def _format_distance(mask: int, row: Mapping[str, Any]) -> str:
    return format_result(row["distances"].get(mask, float("nan")))


def _format_share(label: str, row: Mapping[str, Any]) -> str:
    share = row["shares"][label]
    if isnan(share["value"]):
        return "-"
    interval = "" if isnan(share["low"]) else f" ({share['low']:.0f}-{share['high']:.0f})"
    return f"{share['value']:.0f}{interval}"


def _format_median(name: str, row: Mapping[str, Any]) -> str:
    return _format_measured(name, row["medians"])


def _format_measured(name: str, values: Mapping[str, float]) -> str:
    value = values.get(name, float("nan"))
    return "-" if isnan(value) else VALUE_FORMATS[name].format(value)
