"""The table of a group: a row for each trajectory, with what tells it from the others and its newest values."""

import os
from collections.abc import Callable, Mapping, Sequence
from math import isnan

from rich.cells import cell_len

from riptui.marks import MARKS
from riptui.terminal import printable
from riptui.tui.group.gathering import Member
from riptui.tui.group.table import Column, Row, Value
from riptui.tui.trajectory.readings import number, title

FIELDS = ("mask", "seed", "inpainter", "order", "size")
"""Fields of the spec that have a column where they differ."""


def tabulated(
    members: Mapping[str, Member], metrics: Sequence[str], root: str
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Columns and rows. `root`: the folder that names are told from."""
    fields = [name for name in FIELDS if len({getattr(member.spec, name) for member in members.values()}) > 1]
    rows = tuple(_row(member, fields, metrics, root) for member in members.values())
    shown: list[tuple[str, Callable[[Value], str]]] = [("trajectory", _plain)]
    shown += [(name, _plain) for name in fields]
    shown += [("%", _percent), *((title(metric), _number) for metric in metrics)]
    return tuple(
        Column(
            name,
            max([cell_len(name), *(cell_len(text(row.values[place])) + 2 * (not place) for row in rows)]),
            text,
            right=name not in ("trajectory", "inpainter", "order"),
        )
        for place, (name, text) in enumerate(shown)
    ), rows


def _row(member: Member, fields: Sequence[str], metrics: Sequence[str], root: str) -> Row:
    return Row(
        member.path,
        MARKS[member.status][0],
        (
            printable(os.path.relpath(member.path, root)),
            *(getattr(member.spec, field) for field in fields),
            member.spec.inpainted(member.k),
            *(member.newest(metric) for metric in metrics),
        ),
    )


def _plain(value: Value) -> str:
    return str(value)


def _percent(value: Value) -> str:
    return f"{value:.0f}"


def _number(value: Value) -> str:
    return "" if isinstance(value, str) or isnan(value) else number(value)
