"""Tables whose rows are named by their settings, in layouts for less and less room."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isnan
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from riptui.cli.setting_value import format_setting_value
from riptui.metrics.display import format_result
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES
from riptui.results.curves import settings_title
from riptui.results.shared_squares import describe_shared
from riptui.text.terminal import printable

FormatCell = Callable[[dict[str, Any]], str]


def build_layouts(
    rows: Sequence[dict[str, Any]], key: str, columns: Mapping[str, FormatCell], expendable: Sequence[str]
) -> Iterator[Table]:
    """Tables of a row each, key first: with all columns, then dropping the expendable ones one by one."""
    for dropped in range(len(expendable) + 1):
        yield _build_table(
            rows, key, {name: cell for name, cell in columns.items() if name not in expendable[:dropped]}
        )


def _build_table(rows: Sequence[dict[str, Any]], key: str, columns: Mapping[str, FormatCell]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in rows[0][key]:
        table.add_column(Text(printable(name)), overflow="fold", min_width=4)
    for name in columns:
        table.add_column(Text(printable(name)), justify="right", overflow="fold")
    for row in rows:
        settings = (Text(_format_setting(value)) for value in row[key].values())
        table.add_row(*settings, *(Text(cell(row)) for cell in columns.values()))
    return table


def format_settings(settings: dict[str, Any]) -> str:
    """The settings in one line, safe to print."""
    return printable(settings_title(settings))


def _format_setting(value: object) -> str:
    """A value below the name of its setting."""
    return "-" if value is None else printable(format_setting_value(value))[:40]


def format_interval(estimate: Mapping[str, float], form: Callable[[float], str] = format_result) -> str:
    return format_range(estimate["low"], estimate["high"], form)


def format_estimate(estimate: Mapping[str, float], form: Callable[[float], str] = format_result) -> str:
    """The value, with its interval if there is one."""
    if isnan(estimate["value"]):
        return "-"
    interval = format_interval(estimate, form)
    return form(estimate["value"]) + ("" if interval == "-" else f" ({interval})")


def format_range(low: float, high: float, form: Callable[[float], str] = format_result) -> str:
    return "-" if isnan(low) else f"{form(low)} to {form(high)}"


def explain_few_images(images: Iterable[int]) -> Iterator[str]:
    """A line, if there is no interval over so few images somewhere."""
    if any(count < MIN_INTERVAL_IMAGES for count in images):
        yield f"no intervals over fewer than {MIN_INTERVAL_IMAGES} images"


def explain_shared(groups: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the intervals of groups are for, whose images share squares."""
    counts = {group["shared_squares"] for group in groups}
    for shared in sorted(counts - {0}):
        yield f"{'in some groups ' if len(counts) > 1 else ''}{describe_shared(shared)}"
