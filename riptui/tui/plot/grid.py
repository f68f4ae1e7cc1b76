"""Cells of a chart: characters with an ink; and writing text into rows of cells."""

from enum import IntEnum

from rich.cells import cell_len, set_cell_size


class Ink(IntEnum):
    """The ink of a cell; 0 and above are the series' colours."""

    BLANK = -1
    AXIS = -2
    TICK = -3
    LABEL = -4


ChartCell = tuple[str, int]
"""A character and its ink; "" is the second half of a wide character."""

ChartRow = list[ChartCell]


def write_text(row: ChartRow, column: int, text: str, ink: int) -> None:
    """Write text into a row, cut off at the row's end."""
    for character in set_cell_size(text, max(0, min(cell_len(text), len(row) - column))):
        columns = cell_len(character)
        if columns and column >= 0:
            row[column : column + columns] = [(character, ink), ("", ink)][:columns]
        column += columns


def shorten(text: str, columns: int) -> str:
    """Shorten text with an ellipsis in the middle, because names differ at both ends."""
    if cell_len(text) <= columns:
        return text
    if columns < 4:
        return set_cell_size(text, max(0, columns)).rstrip()
    tail_columns = (columns - 1) // 2
    tail = text
    while cell_len(tail) > tail_columns:
        tail = tail[1:]
    return set_cell_size(text, columns - 1 - tail_columns) + "…" + tail
