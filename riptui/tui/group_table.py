"""The table of a group: a row for each trajectory, with what tells it from the others and its newest values."""

import os
from collections.abc import Mapping, Sequence
from math import isnan

from riptui.marks import MARKS
from riptui.terminal import printable
from riptui.tui.gathering import Member
from riptui.tui.readings import number, title
from riptui.tui.table import Column, Row

FIELDS = ("mask", "seed", "inpainter", "order", "size")
"""Fields of the spec that have a column where they differ."""


def tabulated(
    members: Mapping[str, Member], metrics: Sequence[str], root: str
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Columns and rows. `root`: the folder that names are told from."""
    fields = [name for name in FIELDS if len({getattr(member.spec, name) for member in members.values()}) > 1]
    columns = [
        Column("trajectory", right=False),
        *(Column(name, right=name not in ("inpainter", "order")) for name in fields),
        Column("%"),
        *(Column(title(metric)) for metric in metrics),
    ]
    return tuple(columns), tuple(_row(member, fields, metrics, root) for member in members.values())


def _row(member: Member, fields: Sequence[str], metrics: Sequence[str], root: str) -> Row:
    name = printable(os.path.relpath(member.path, root))
    given = [getattr(member.spec, field) for field in fields]
    far = member.spec.inpainted(member.k)
    values = [member.newest(metric) for metric in metrics]
    return Row(
        member.path,
        (
            f"{MARKS[member.status][0]} {name}",
            *map(str, given),
            f"{far:.0f}",
            *("" if isnan(value) else number(value) for value in values),
        ),
        (name, *given, far, *values),
    )
