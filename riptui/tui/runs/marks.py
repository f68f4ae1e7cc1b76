"""A range of marks, which grows and shrinks with the cursor."""

from collections.abc import Sequence

from riptui.tui.runs.tree_model import TreeRow


class MarkedRange:
    """Marks the trajectories between a row and the cursor, beside those that were marked before."""

    def __init__(self, marked: dict[str, None], start: str) -> None:
        """marked: the marks, which this changes; start: the path where the range begins."""
        self._marked = marked
        self._before = dict(marked)
        self._start = start

    def extend(self, rows: Sequence[TreeRow], cursor: int) -> None:
        start = next((y for y, row in enumerate(rows) if row.path == self._start), cursor)
        between = rows[min(start, cursor) : max(start, cursor) + 1]
        self._set(self._before | {row.path: None for row in between if not row.is_group})

    def undo(self) -> None:
        self._set(self._before)

    def _set(self, marks: dict[str, None]) -> None:
        self._marked.clear()
        self._marked.update(marks)
