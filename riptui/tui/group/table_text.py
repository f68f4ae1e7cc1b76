"""The table of a group as text: TSV for a spreadsheet, Markdown for a note."""

from collections.abc import Sequence
from math import isnan
from typing import Literal

from riptui.tui.row_table import CellValue, TableColumn, TableRow

TextKind = Literal["tsv", "markdown"]
FULL_NAMES = {"%": "inpainted %"}


def table_text(columns: Sequence[TableColumn], rows: Sequence[TableRow], kind: TextKind) -> str:
    """The rows in their order below the names of the columns.

    In TSV numbers read back as exactly the same, in Markdown they are as on the screen. An empty cell has no value.
    """
    names = [FULL_NAMES.get(column.name, column.name) for column in columns]
    if kind == "tsv":
        lines = [names, *([_exact(value) for value in row.values] for row in rows)]
        return "".join("\t".join(line) + "\n" for line in lines)
    ruler = ["--:" if column.right_aligned else "--" for column in columns]
    cells = [[column.to_text(value) for column, value in zip(columns, row.values, strict=True)] for row in rows]
    return "".join(f"| {' | '.join(map(_escape, line))} |\n" for line in [names, ruler, *cells])


def _exact(value: CellValue) -> str:
    return value.replace("\t", " ") if isinstance(value, str) else "" if isnan(value) else repr(value)


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|")
