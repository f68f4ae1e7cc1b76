"""The table of a group, which sorts by any column."""

from collections.abc import Sequence
from itertools import pairwise
from math import isnan
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from riptui.store.listing import natural_key
from riptui.tui import bindings
from riptui.tui.row_table import GAP_COLUMNS, CellValue, RowTable, TableColumn, TableRow


class GroupTable(RowTable, inherit_bindings=False):
    """Rows of trajectories. The current sort order stays when others are shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.TABLE]

    def __init__(self) -> None:
        super().__init__()
        self._unsorted_rows: tuple[TableRow, ...] = ()
        self.sort_column = ""  # the name of the column that the rows are sorted by
        self._descending = False
        self._has_arrow = True  # whether the rows are in the order of that column

    def show(self, columns: tuple[TableColumn, ...], rows: tuple[TableRow, ...]) -> None:
        """Show rows, given in the order of their first column."""
        if (columns, rows) != (self.columns, self._unsorted_rows):
            self.columns, self._unsorted_rows = columns, rows
            self._sort_rows()

    def sort_by(self, column: str, *, descending: bool = False) -> None:
        """Order the rows by a column."""
        self.sort_column, self._descending = column, descending
        self._sort_rows()

    def _sort_rows(self) -> None:
        names = [column.name for column in self.columns]
        if names and self.sort_column not in names:
            self.sort_column, self._descending = names[0], False
        column_index = names.index(self.sort_column) if names else 0
        self._has_arrow = bool(column_index) or _are_in_order(self._unsorted_rows)
        self._set_rows(self._sorted_rows(column_index))

    def _sorted_rows(self, column_index: int) -> list[TableRow]:
        """The rows by a column's values, nan last; by the first column in the given order."""
        if not column_index:
            return list(reversed(self._unsorted_rows) if self._descending else self._unsorted_rows)
        comparable = [row for row in self._unsorted_rows if not _is_nan(row.values[column_index])]
        comparable.sort(key=lambda row: row.values[column_index], reverse=self._descending)
        return comparable + [row for row in self._unsorted_rows if _is_nan(row.values[column_index])]

    def action_sort_next(self) -> None:
        names = [column.name for column in self.columns]
        if names:
            self.sort_by(names[(names.index(self.sort_column) + 1) % len(names)])

    def action_reverse(self) -> None:
        self.sort_by(self.sort_column, descending=not self._descending)

    def click_head(self, x: int) -> None:
        """Sort by the column at x, or reverse the order if it is already the sort column."""
        end = 0
        for column, width in self.fit_columns():
            end += width + GAP_COLUMNS
            if x < end:
                self.sort_by(column.name, descending=column.name == self.sort_column and not self._descending)
                return

    def head_segments(self) -> list[Segment]:
        """The column names; an arrow marks the sort column."""
        segments = []
        for column, width in self.fit_columns():
            arrow = ("▾" if self._descending else "▴") if column.name == self.sort_column and self._has_arrow else " "
            text = column.name + arrow
            text = text.rjust(width + 1) if column.right_aligned else text.ljust(width + 1)
            segments.append(Segment(text + " " * (GAP_COLUMNS - 1), self._style("head" if arrow == " " else "sorted")))
        return segments


def _are_in_order(rows: Sequence[TableRow]) -> bool:
    """Whether the names ascend: the tree may give them in another order."""
    keys = ([natural_key(part) for part in str(row.values[0]).split("/")] for row in rows)
    return all(before <= after for before, after in pairwise(keys))


def _is_nan(value: CellValue) -> bool:
    return isinstance(value, float) and isnan(value)
