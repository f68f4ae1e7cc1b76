"""The error of each square right after each of its repaints, and how much of a trajectory's error is only coverage.

The *exposure* t of a square is how often it was repainted. The rows and patches on disk give exposure and error of the
repainted square exactly, at every iteration. With paste nothing else changes, so a frame's error is the mean over the
squares of their newest error, 0 for squares that were never repainted. A distance that looks beyond a square, as LPIPS
and SSIM do, is known of the whole frame after each iteration instead.

The *coverage null* is a frame's error if each square had stayed as its first repaint left it: the sum of what first
repaints, and only those, added to the frame's error. The *excess* is what the frame's error has beyond it: the work of
recursion. For an inpainter that always paints a square alike the excess is exactly 0, whatever the distance.

Masks that are not squares of one grid are taken as the tiles of 8 px of which all masks are made: a tile is then what
is called a square here, and an iteration repaints several. The mean of a mask is that of its tiles, so squares of a
grid give the same numbers by tiles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riptui.arrays import Bool, Float64, Int64
from riptui.results.repainted_squares import RepaintedSquares
from riptui.spec import Spec
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory

PerRepaint = Float64[np.ndarray, " repaints"]
PerFrame = Float64[np.ndarray, " frames"]

LUMA, DELTA_E, SSIM = "luma", "delta-e", "ssim"
PATCH_ERRORS = {LUMA: "levels", DELTA_E: "ΔE"}
"""The errors of a square that its pixels give, with their units: the mean absolute difference of the luma, in 8-bit
levels, and the mean CIEDE2000 colour difference, as the metric of that name defines both."""


@dataclass(frozen=True, eq=False)
class SquareErrors:
    """The error of each square that was repainted, right after each of its repaints, in the order of iterations."""

    trajectory: Trajectory
    spec: Spec
    rows: Sequence[IterationRow]
    repainted: RepaintedSquares
    errors: Mapping[str, PerRepaint]
    """By name: those of PATCH_ERRORS that were asked for, and metrics whose NAME@repaints is stored of all rows."""
    frames: Mapping[str, PerFrame]
    """The frames' distances to the original by metric, frame k at index k; of metrics that look beyond a square."""

    @property
    def image(self) -> str:
        return self.spec.original_sha256

    @property
    def squares(self) -> Int64[np.ndarray, " repaints"]:
        """Number of the square, counted row by row."""
        return self.repainted.numbers

    @property
    def cells(self) -> int:
        """Squares of a frame."""
        return (self.spec.size // self.repainted.side) ** 2

    @cached_property
    def exposures(self) -> Int64[np.ndarray, " repaints"]:
        """How often the square was repainted, this repaint included."""
        order = np.argsort(self.squares, kind="stable")  # by square, and by iteration within it
        starts = np.flatnonzero(np.diff(self.squares[order], prepend=-1))
        counts = np.diff(starts, append=len(order))
        exposures = np.empty_like(self.squares)
        exposures[order] = np.arange(1, len(order) + 1) - np.repeat(starts, counts)
        return exposures

    @property
    def is_first(self) -> Bool[np.ndarray, " repaints"]:
        """Whether it was its square's first repaint."""
        first: Bool[np.ndarray, " repaints"] = self.exposures == 1
        return first

    @cached_property
    def is_undisturbed(self) -> Bool[np.ndarray, " repaints"]:
        """Whether the square was repainted before, and since then none of those that touch it; of none off the grid."""
        found = np.zeros(len(self.squares), bool)
        if not self.spec.is_on_grid:
            return found
        across = self.spec.size // self.repainted.side
        newest = np.zeros((across + 2, across + 2), np.int64)  # each square's newest iteration, within a border of none
        for index, square in enumerate(self.squares):
            row, column = divmod(int(square), across)
            around = newest[row : row + 3, column : column + 3]
            found[index] = around.max() == around[1, 1] > 0
            around[1, 1] = index + 1
        return found

    def first_errors(self, name: str) -> PerRepaint:
        """The error that the square's first repaint left."""
        by_square = np.zeros(self.cells)
        by_square[self.squares[self.is_first]] = self.errors[name][self.is_first]
        firsts: PerRepaint = by_square[self.squares]
        return firsts

    def has_frames(self, name: str) -> bool:
        """Whether a distance is known of every frame."""
        return name in self.frames or (name in PATCH_ERRORS and name in self.errors)

    def frame_errors(self, name: str) -> PerFrame:
        """The error of frames 0, 1, 2 ..."""
        return self.frames[name] if name in self.frames else self._accumulate(self.changes(name))

    def coverage_null(self, name: str) -> PerFrame:
        """The error of frames 0, 1, 2 ... if each square had stayed as its first repaint left it."""
        if name in self.frames:
            return sum_of_firsts(self.frames[name], self.is_first)
        return self._accumulate(np.where(self.is_first, self.changes(name), 0.0))

    @cached_property
    def inpainted(self) -> PerFrame:
        """% inpainted of frames 0, 1, 2 ..."""
        return np.array([self.spec.inpainted(k) for k in range(self.repainted.iterations + 1)])

    def changes(self, name: str) -> PerRepaint:
        """By how much each repaint changed its square's error."""
        order = np.argsort(self.squares, kind="stable")  # by square, and by iteration within it
        before = np.zeros(len(order))
        later = self.exposures[order] > 1
        before[order[later]] = self.errors[name][order[np.flatnonzero(later) - 1]]
        changes: PerRepaint = self.errors[name] - before
        return changes

    def _accumulate(self, changes: PerRepaint) -> PerFrame:
        by_iteration = np.bincount(self.repainted.iteration, changes, minlength=self.repainted.iterations)
        return np.concatenate([[0.0], by_iteration.cumsum()]) / self.cells


def sum_of_firsts(frames: PerFrame, is_first: Bool[np.ndarray, " iterations"]) -> PerFrame:
    """The coverage null of the distances of frames 0, 1, 2 ...: what first repaints added to them."""
    return np.concatenate([[0.0], np.where(is_first, np.diff(frames), 0.0).cumsum()])
