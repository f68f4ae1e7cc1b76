"""Where the names of the series go: beside the title if they fit there, else in the emptiest corner of the curves."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from riptui.tui.plot.cells import Ink, Row, shortened, write

_BETWEEN = 3  # columns
_LEAST = 4  # columns of a name that say something


class Entry(NamedTuple):
    shape: str
    name: str
    color: int

    @property
    def width(self) -> int:
        return 2 + cell_len(self.name)


class Area(NamedTuple):
    """A rectangle of cells."""

    left: int
    top: int
    width: int
    height: int


def put(rows: list[Row], area: Area, title: str, entries: Sequence[Entry]) -> None:
    """Write title and legend into a drawing. Its first row is free; the curves in `area` may be covered a little."""
    header = rows[0]
    write(header, area.left, title, Ink.LABEL)
    room = len(header) - area.left - cell_len(title)
    if not entries:
        return
    if sum(entry.width + _BETWEEN for entry in entries) <= room:
        _beside(header, entries)
    elif (corner := _corner(rows, area, entries)) is not None:
        for offset, entry in enumerate(entries):
            _entry(rows[corner[1] + offset], corner[0], entry)
    elif (each := room // len(entries) - _BETWEEN - 2) >= _LEAST:
        _beside(header, [entry._replace(name=shortened(entry.name, each)) for entry in entries])


def _beside(header: Row, entries: Sequence[Entry]) -> None:
    column = len(header)
    for entry in reversed(entries):
        column -= entry.width
        _entry(header, column, entry)
        column -= _BETWEEN


def _entry(row: Row, column: int, entry: Entry) -> None:
    write(row, column, entry.shape, entry.color)
    write(row, column + 1, " " + entry.name, Ink.LABEL)


def _corner(rows: list[Row], area: Area, entries: Sequence[Entry]) -> tuple[int, int] | None:
    """Column and row of the place that hides the least, if that is little. It leaves a margin to the edges."""
    width, height = max(entry.width for entry in entries), len(entries)
    if height > area.height - 1 or width + 2 > area.width // 2:
        return None
    hidden, column, row = min(
        (sum(_taken(rows, Area(column - 1, row, width + 2, height))), column, row)
        for column in (area.left + area.width - width - 1, area.left + 1)
        for row in (area.top, area.top + area.height - height)
    )
    return (column, row) if hidden <= (width + 2) * height // 8 else None


def _taken(rows: list[Row], box: Area) -> Iterator[bool]:
    for row in rows[box.top : box.top + box.height]:
        for _, ink in row[box.left : box.left + box.width]:
            yield ink != Ink.BLANK
