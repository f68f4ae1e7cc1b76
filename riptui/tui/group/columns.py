"""The table of a group: a row per trajectory, with the fields that differ and the newest values."""

import os
from collections.abc import Callable, Mapping, Sequence
from math import isnan

from rich.cells import cell_len

from riptui.metrics.display import format_value, metric_title
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.row_table import CellValue, TableColumn, TableRow

SPEC_COLUMNS = ("mask", "seed", "inpainter", "order", "size")
"""Fields of the spec that get a column if they differ."""


def build_table(
    members: Mapping[str, GroupMember], metrics: Sequence[str], root: str
) -> tuple[tuple[TableColumn, ...], tuple[TableRow, ...]]:
    """Columns and rows. Names are relative to `root`."""
    fields = [name for name in SPEC_COLUMNS if len({getattr(member.spec, name) for member in members.values()}) > 1]
    rows = tuple(_table_row(member, fields, metrics, root) for member in members.values())
    headers: list[tuple[str, Callable[[CellValue], str]]] = [("trajectory", str), *((name, str) for name in fields)]
    headers += [("%", "{:.0f}".format), *((metric_title(metric), _format_number) for metric in metrics)]
    return tuple(
        TableColumn(
            name,
            max([cell_len(name), *(cell_len(text(row.values[index])) + 2 * (not index) for row in rows)]),
            text,
            right_aligned=name not in ("trajectory", "inpainter", "order"),
        )
        for index, (name, text) in enumerate(headers)
    ), rows


def _table_row(member: GroupMember, fields: Sequence[str], metrics: Sequence[str], root: str) -> TableRow:
    return TableRow(
        member.path,
        STATUS_MARKS[member.status][0],
        (
            printable(os.path.relpath(member.path, root)),
            *(getattr(member.spec, field) for field in fields),
            member.spec.inpainted(member.k),
            *(member.newest_value(metric) for metric in metrics),
        ),
    )


def _format_number(value: CellValue) -> str:
    return "" if isinstance(value, str) or isnan(value) else format_value(value)
