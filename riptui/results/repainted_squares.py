"""Which squares each iteration repainted: one of the grid, or the tiles of 8 px of a mask that is off it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riptui.arrays import Image, Int64, UInt8
from riptui.errors import DamagedError, InputError
from riptui.masks import draw_region
from riptui.region import Region
from riptui.spec import Spec
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory
from riptui.tile_runs import TILE_PX

SquarePixels = UInt8[np.ndarray, "squares height width 3"]


class RepaintedSquares(NamedTuple):
    """The squares that successive iterations from the first repainted; each of them one or more."""

    side: int
    """px."""
    numbers: Int64[np.ndarray, " repaints"]
    """Counted row by row."""
    iteration: Int64[np.ndarray, " repaints"]
    """Index of the iteration, k - 1, ascending."""

    @property
    def iterations(self) -> int:
        """How many."""
        return int(self.iteration[-1]) + 1 if len(self.iteration) else 0

    @property
    def per_iteration(self) -> float:
        """Squares that an iteration repaints, on average."""
        return len(self.numbers) / max(1, self.iterations)


def find_squares(trajectory: Trajectory, rows: Sequence[IterationRow]) -> RepaintedSquares:
    """The squares of rows 1, 2, 3 ... Raises as `find_regions`."""
    side = square_side(trajectory.spec)
    found = [_square_numbers(trajectory.spec, region, side) for region in find_regions(trajectory, rows)]
    iteration = np.repeat(np.arange(len(found)), [len(numbers) for numbers in found])
    return RepaintedSquares(side, np.concatenate([np.empty(0, np.int64), *found]), iteration)


def square_side(spec: Spec) -> int:
    """px of what is taken as a square."""
    return spec.mask if spec.is_on_grid else TILE_PX


def find_regions(trajectory: Trajectory, rows: Sequence[IterationRow]) -> list[Region]:
    """What each row repainted.

    Raises InputError if frames do not show each square's last repaint (without paste, with an anchor, pasted onto the
    original), DamagedError for a box that the iteration does not repaint.
    """
    spec = trajectory.spec
    if not spec.paste:
        raise InputError(f"{trajectory.path}: made without paste, so each repaint changed all squares")
    if not spec.keeps_repaints:
        reason = ", ".join(spec.interventions)
        raise InputError(f"{trajectory.path}: {reason}: a frame does not show the last repaint of each square")
    regions = [Region(row.box) if spec.is_on_grid else draw_region(spec, row.k) for row in rows]
    if not all(_fits(spec, region, row) for region, row in zip(regions, rows, strict=True)):
        place = "on the grid" if spec.is_on_grid else "that of the iteration's mask"
        raise DamagedError(f"{trajectory.path}: a box in iterations.jsonl is not {place}; see riptui check")
    return regions


def cut_squares(pixels: Image, region: Region, side: int) -> SquarePixels:
    """The squares of a region, row by row, from a picture as large as its box."""
    height, width = (length // side for length in pixels.shape[:2])
    squares = pixels.reshape(height, side, width, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    return squares if region.mask is None else squares[region.mask[::side, ::side].ravel()]


def _fits(spec: Spec, region: Region, row: IterationRow) -> bool:
    box = row.box
    if not spec.is_on_grid:
        return box == region.box
    inside = min(box.x, box.y) >= 0 and max(box.x, box.y) < spec.size
    return inside and box.x % spec.mask == box.y % spec.mask == 0 and box[2:] == (spec.mask, spec.mask)


def _square_numbers(spec: Spec, region: Region, side: int) -> Int64[np.ndarray, " squares"]:
    box = region.box
    rows, columns = np.arange(box.y, box.y + box.height, side), np.arange(box.x, box.x + box.width, side)
    numbers = rows[:, None] // side * (spec.size // side) + columns // side
    return numbers.ravel() if region.mask is None else numbers[region.mask[::side, ::side]]
