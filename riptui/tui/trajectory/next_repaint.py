"""When a place of the picture is repainted next. No Textual, no disk."""

from collections.abc import Sequence

from riptui.store.records import IterationRow
from riptui.tui.trajectory.region_tiles import RegionTiles


def find_next_repaint(
    rows: Sequence[IterationRow], k: int, x: int, y: int, tiles: RegionTiles | None = None
) -> int | None:
    """The first iteration after k that repaints the pixel (x, y); after the last one the first of all; or None.

    tiles: of a trajectory that does not repaint squares of one grid.
    """
    inside = [row.k for row in rows if 0 <= x - row.box.x < row.box.width and 0 <= y - row.box.y < row.box.height]
    repaints = [repaint for repaint in inside if tiles is None or tiles.covers(repaint, x, y)]
    return next((repaint for repaint in repaints if repaint > k), next(iter(repaints), None))
