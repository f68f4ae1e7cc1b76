"""The legend: beside the title if it fits there, else in the emptiest corner of the curves, in half the width."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.geometry import Region

from riptui.tui.plot.grid import ChartRow, Ink, shorten, write_text

_GAP_COLUMNS = 3
_MIN_NAME_COLUMNS = 4  # of a shortened name
MAX_HIDDEN_SHARE = 1 / 8  # of a corner, else the legend is written beside the title if it fits there, shortened


class LegendEntry(NamedTuple):
    shape: str
    name: str
    colour: int

    @property
    def width(self) -> int:
        return 2 + cell_len(self.name)


class LegendCorner(NamedTuple):
    hidden_share: float
    """Of its cells, those where something is drawn."""
    column: int
    row: int


def write_legend(rows: list[ChartRow], area: Region, title: str, entries: Sequence[LegendEntry]) -> None:
    """Write title and legend into a drawing: into its first row, or over few of the curves in `area`."""
    header = rows[0]
    write_text(header, area.x, title, Ink.LABEL)
    free_columns = len(header) - area.x - cell_len(title)
    if not entries:
        return
    narrowed = _shorten_names(entries, area.width // 2 - 4)
    if _header_columns(entries) <= free_columns:
        _write_in_header(header, entries)
        return
    corner = _find_corner(rows, area, narrowed)
    name_columns = free_columns // len(entries) - _GAP_COLUMNS - 2
    if name_columns >= _MIN_NAME_COLUMNS and (corner is None or corner.hidden_share > MAX_HIDDEN_SHARE):
        abbreviated = _abbreviate(entries, lambda short: _header_columns(short) <= free_columns)
        _write_in_header(header, abbreviated or _shorten_names(entries, name_columns))
    elif corner is not None:
        for offset, entry in enumerate(narrowed):
            _write_entry(rows[corner.row + offset], corner.column, entry)


def _header_columns(entries: Sequence[LegendEntry]) -> int:
    return sum(entry.width + _GAP_COLUMNS for entry in entries)


def _shorten_names(entries: Sequence[LegendEntry], columns: int) -> Sequence[LegendEntry]:
    """In so many columns each."""
    columns = max(columns, _MIN_NAME_COLUMNS)
    abbreviated = _abbreviate(entries, lambda short: all(cell_len(entry.name) <= columns for entry in short))
    return abbreviated or [entry._replace(name=shorten(entry.name, columns)) for entry in entries]


def _abbreviate(entries: Sequence[LegendEntry], fits: Callable[[Sequence[LegendEntry]], bool]) -> Sequence[LegendEntry]:
    """The names as they are if they fit, else their words cut as little as needed: 128 nav for 128 px navier-stokes.

    None at all if they do not fit so, or cannot be told apart.
    """
    if fits(entries):
        return entries
    words = [word for entry in entries for word in entry.name.split()]
    least = 1 if len(words) <= 3 * len(entries) else 3
    for letters in range(max(map(len, words), default=0), least - 1, -1):
        short = [entry._replace(name=_cut_words(entry.name, letters)) for entry in entries]
        if fits(short) and len({entry.name for entry in short}) == len({entry.name for entry in entries}):
            return short
    return ()


def _cut_words(name: str, letters: int) -> str:
    """So many letters of each word; a word with a digit, as of a path, is cut nowhere."""
    words = name.replace(" px", "").split()
    return " ".join(word if any(map(str.isdigit, word)) else word[:letters] for word in words)


def _write_in_header(header: ChartRow, entries: Sequence[LegendEntry]) -> None:
    column = len(header)
    for entry in reversed(entries):
        column -= entry.width
        _write_entry(header, column, entry)
        column -= _GAP_COLUMNS


def _write_entry(row: ChartRow, column: int, entry: LegendEntry) -> None:
    write_text(row, column, entry.shape, entry.colour)
    write_text(row, column + 1, " " + entry.name, Ink.LABEL)


def _find_corner(rows: list[ChartRow], area: Region, entries: Sequence[LegendEntry]) -> LegendCorner | None:
    """The corner where the legend hides the least, with a margin; None if it has no room."""
    width, height = max(entry.width for entry in entries), len(entries)
    if height > area.height - 1 or width + 2 > area.width // 2:
        return None
    cells = (width + 2) * height
    return min(
        LegendCorner(sum(_occupied_cells(rows, Region(column - 1, row, width + 2, height))) / cells, column, row)
        for column in (area.right - width - 1, area.x + 1)
        for row in (area.y, area.bottom - height)
    )


def _occupied_cells(rows: list[ChartRow], box: Region) -> Iterator[bool]:
    for row in rows[box.y : box.bottom]:
        for _, ink in row[box.x : box.right]:
            yield ink != Ink.BLANK
