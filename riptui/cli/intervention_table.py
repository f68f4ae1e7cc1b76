"""The table of `riptui results --interventions`."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from riptui.cli.console import out, print_line, print_prose, print_table, warn
from riptui.cli.settings_table import FormatCell, build_layouts, format_interval
from riptui.metrics.display import format_result


def print_interventions(effects: Sequence[dict[str, Any]]) -> None:
    if not effects:
        warn("no trajectory with an intervention has a counterpart without: compute both, as the preset does")
        return
    out.print()
    print_prose("Interventions on the same images, masks and noise: the value at the end minus that without", "bold")
    columns: dict[str, FormatCell] = {
        "images": lambda row: str(row["images"]),
        "without": lambda row: format_result(row["without"]),
        "difference": lambda row: format_result(row["difference"]["value"]),
        "95 %": lambda row: format_interval(row["difference"]),
    }
    varied = [name for name in ("order", "amount") if len({effect[name] for effect in effects}) > 1]
    names = ("mask", *varied, "intervention")
    for inpainter, members in groupby(effects, key=itemgetter("inpainter")):
        print_line(inpainter)
        rows = [effect | {"key": {name: effect[name] for name in names}} for effect in members]
        print_table(build_layouts(rows, "key", columns, ("images", "without")))
