"""When a place of the picture is repainted next. No Textual, no disk."""

from collections.abc import Sequence

from riptui.store.records import IterationRow


def find_next_repaint(rows: Sequence[IterationRow], k: int, x: int, y: int) -> int | None:
    """The first iteration after k that repaints the pixel (x, y); after the last one the first of all; or None."""
    repaints = [row.k for row in rows if 0 <= x - row.box.x < row.box.width and 0 <= y - row.box.y < row.box.height]
    return next((repaint for repaint in repaints if repaint > k), next(iter(repaints), None))
