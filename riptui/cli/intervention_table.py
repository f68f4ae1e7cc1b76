"""The table of `riptui results --interventions`."""

from collections.abc import Sequence
from typing import Any

from riptui.cli.console import out, print_line, print_table, warn
from riptui.cli.settings_table import FormatCell, build_layouts, format_interval
from riptui.metrics.display import format_result


def print_interventions(effects: Sequence[dict[str, Any]]) -> None:
    if not effects:
        warn("no trajectory with an intervention has a counterpart without: compute both, as the preset does")
        return
    out.print()
    print_line("Interventions on the same images, masks and noise: the value at the end minus that without", "bold")
    columns: dict[str, FormatCell] = {
        "inpainter": lambda row: str(row["inpainter"]),
        "mask": lambda row: f"{row['mask']}, {row['order']}",
        "intervention": lambda row: str(row["intervention"]),
        "images": lambda row: str(row["images"]),
        "without": lambda row: format_result(row["without"]),
        "difference": lambda row: format_result(row["difference"]["value"]),
        "95 %": lambda row: format_interval(row["difference"]),
    }
    print_table(build_layouts([effect | {"key": {}} for effect in effects], "key", columns, ("images",)))
