"""The texts of a row of the tree, each with the part of the style that it has: name, inpainted %, value, curve.

The columns depend on the width of the tree alone, so that they stand below their header in every row.
"""

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len

from riptui.metrics.display import format_short, metric_title
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import fit_columns, fit_middle, fit_path, printable
from riptui.tui.plot.braille import thin_line
from riptui.tui.runs.scanner import TreeEntry
from riptui.tui.runs.tree_model import GroupTotals, TreeOrder, TreeRow

INDENT = 2
NAME_COLUMNS = 20  # that the first column keeps, with its marks, before others are left out
INPAINTED, VALUE, CURVE = 6, 6, 6  # columns of " 400 %", " 0.421", and a curve through twelve values
INPAINTED_TITLE = "inpainted"  # which reaches into the names
COUNTED = ("running", "queued", "paused", "interrupted", "failed", "unreadable")
"""Of a group, where there are any. In little room the first ones are left out: the others need a person."""
GROUP_COLUMNS = 12  # that a group's name keeps, with its indent, if it is so long

RowCells = list[tuple[str, str]]
"""Texts with the part of the style that each has, "" for the usual one."""


class TreeColumns(NamedTuple):
    """What fits after the names."""

    width: int
    metric: str  # the metric of the values and curves; "" if none was measured

    @property
    def widths(self) -> list[int]:
        fitting: list[int] = []
        for columns in (INPAINTED, VALUE, CURVE):
            if self.width - sum(fitting) - columns < NAME_COLUMNS:
                break
            fitting.append(columns)
        return fitting


def header_cells(columns: TreeColumns) -> RowCells:
    """The names of the columns: name, inpainted, LPIPS vgg; without the net where the curve has no room."""
    _, *after = columns.widths or [0]
    title = metric_title(columns.metric) if columns.metric and after else ""
    room = sum(after)
    if len(title) >= room:
        title = title.partition(" ")[0]
    title = f" {title:>{VALUE - 1}}" if len(title) < VALUE else f" {title}"
    inpainted = INPAINTED_TITLE if columns.widths else ""
    names = fit_columns("name", columns.width - room - len(inpainted))
    return [(names + inpainted + fit_columns(title, room), "dim")]


def column_order(columns: TreeColumns, x: int) -> TreeOrder | None:
    """The order of the column at this place of the header; None if there is none by it."""
    _, *after = columns.widths or [0]
    values = columns.width - sum(after)
    if x < values - len(INPAINTED_TITLE) or not columns.widths:
        return "name"
    return "drift" if x >= values and columns.metric else None


def group_cells(row: TreeRow, totals: GroupTotals, shown: GroupTotals, *, is_open: bool, width: int) -> RowCells:
    """A group: how many of it are not done, by status, and how many are; with a filter how many it leaves."""
    label = f"{' ' * INDENT * row.depth}{'▾' if is_open else '▸'} {printable(row.path.rpartition('/')[2])}"
    counts = [(f" {STATUS_MARKS[name][0]}{n}", name) for name in COUNTED if (n := _count(shown, name))]
    last = f" {totals['done']}/{totals.total()} done" if shown is totals else f" {shown.total()} of {totals.total()}"

    def find_room() -> int:
        return width - len(last) - sum(len(text) for text, _ in counts)

    needed = min(cell_len(label), GROUP_COLUMNS)
    if find_room() < needed:
        last = last.removesuffix(" done")
    while counts and find_room() < needed:
        counts.pop(0)
    room = find_room()
    return [(fit_middle(label, room), "group"), *counts, (last, "dim")]


def trajectory_cells(
    row: TreeRow, entry: TreeEntry, *, is_marked: bool, group: str, columns: TreeColumns, beside: Iterable[TreeRow] = ()
) -> RowCells:
    """A trajectory, by its path below a group, told from rows near it. Its mark stands below the group's sign in the
    tree.
    """
    status = entry.status or ("unreadable" if entry.error else "")
    indent = " " * INDENT * (row.depth - 1)
    cells = [(" unreadable", "")] if entry.error else _value_cells(entry, columns)
    room = columns.width - len(indent) - 4 - sum(len(text) for text, _ in cells)
    name = _name_below(group, row.path)
    others = (_name_below(group, other.path) for other in beside if other.path.startswith(group) and not other.is_group)
    name_part = "marked" if is_marked else ""
    return [
        (indent + ("◆ " if is_marked else "  "), name_part),
        (f"{STATUS_MARKS[status][0] if status else '·'} ", status or "dim"),
        (fit_path(name, room, beside=others), name_part),
        *cells,
    ]


def _value_cells(entry: TreeEntry, columns: TreeColumns) -> RowCells:
    """Inpainted %, the newest value and the curve. A value of frame 0 alone says nothing of a later frame."""
    is_measured = entry.charted == columns.metric and bool(entry.values) and not (entry.k and len(entry.values) == 1)
    inpainted = f"{entry.inpainted:>{INPAINTED - 2}.0f} %" if entry.is_read else ""
    value = format_short(entry.values[-1]) if is_measured else "–" if entry.k else ""
    curve = thin_line(entry.values, CURVE - 1) if is_measured else ""
    texts: Iterable[tuple[str, str]] = ((inpainted, "dim"), (value, ""), (f" {curve}", "spark"))
    return [
        (f"{text:<{width}}" if part == "spark" else f"{text:>{width}}", part)
        for (text, part), width in zip(texts, columns.widths, strict=False)
    ]


def _count(totals: GroupTotals, status: str) -> int:
    """How many have a status: of the interrupted ones, also those that a person stopped, for they have one mark."""
    return totals[status] + (totals["stopped"] if status == "interrupted" else 0)


def _name_below(group: str, path: str) -> str:
    return printable(path[len(group) :].lstrip("/"))
