"""The error of each square right after each of its repaints, and how much of a trajectory's error is only coverage.

The *exposure* t of a square is how often it was repainted. The rows and patches on disk give exposure and error of the
repainted square exactly, at every iteration. With paste nothing else changes, so a frame's error is the mean over the
squares of their newest error, 0 for squares that were never repainted. A distance that looks beyond a square, as LPIPS
and SSIM do, is known of the whole frame after each iteration instead.

The *coverage null* is a frame's error if each square had stayed as its first repaint left it: the sum of what first
repaints, and only those, added to the frame's error. The *excess* is what the frame's error has beyond it: the work of
recursion. For an inpainter that paints a square always alike the excess is 0 exactly, whatever the distance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from riptui.spec import Spec
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory

PerIteration = Float64[np.ndarray, " iterations"]
PerFrame = Float64[np.ndarray, " frames"]
SquarePixels = UInt8[np.ndarray, "patches height width 3"]

LUMA, DELTA_E, SSIM = "luma", "delta-e", "ssim"
PATCH_ERRORS = {LUMA: "levels", DELTA_E: "ΔE"}
"""The errors of a square that its pixels give, with their units: the mean absolute difference of the luma, in 8-bit
levels, and the mean CIEDE2000 colour difference, as the metric of that name defines both."""


@dataclass(frozen=True, eq=False)
class SquareErrors:
    """The error of the square that each iteration repainted, right after it; iteration k at index k-1."""

    trajectory: Trajectory
    spec: Spec
    rows: Sequence[IterationRow]
    squares: Int64[np.ndarray, " iterations"]
    """Number of the square, counted row by row."""
    errors: Mapping[str, PerIteration]
    """By name: those of PATCH_ERRORS that were asked for, and metrics whose NAME@repaints is stored of all rows."""
    frames: Mapping[str, PerFrame]
    """The frames' distances to the original by metric, frame k at index k; of metrics that look beyond a square."""

    @property
    def image(self) -> str:
        return self.spec.original_sha256

    @cached_property
    def exposures(self) -> Int64[np.ndarray, " iterations"]:
        """How often the square was repainted, this repaint included."""
        counts = np.zeros(self.spec.cells, np.int64)
        exposures = np.empty_like(self.squares)
        for index, square in enumerate(self.squares.tolist()):
            counts[square] += 1
            exposures[index] = counts[square]
        return exposures

    @property
    def is_first(self) -> Bool[np.ndarray, " iterations"]:
        """Whether the iteration was its square's first repaint."""
        first: Bool[np.ndarray, " iterations"] = self.exposures == 1
        return first

    def first_errors(self, name: str) -> PerIteration:
        """The error that the square's first repaint left."""
        by_square = np.zeros(self.spec.cells)
        by_square[self.squares[self.is_first]] = self.errors[name][self.is_first]
        firsts: PerIteration = by_square[self.squares]
        return firsts

    def has_frames(self, name: str) -> bool:
        """Whether a distance is known of every frame."""
        return name in self.frames or (name in PATCH_ERRORS and name in self.errors)

    def frame_errors(self, name: str) -> PerFrame:
        """The error of frames 0, 1, 2 ..."""
        return self.frames[name] if name in self.frames else self._accumulate(self._changes(name))

    def coverage_null(self, name: str) -> PerFrame:
        """The error of frames 0, 1, 2 ... if each square had stayed as its first repaint left it."""
        if name in self.frames:
            return sum_of_firsts(self.frames[name], self.is_first)
        return self._accumulate(np.where(self.is_first, self._changes(name), 0.0))

    @property
    def inpainted(self) -> PerFrame:
        """% inpainted of frames 0, 1, 2 ..."""
        return 100 * np.arange(len(self.squares) + 1) / self.spec.cells

    def _changes(self, name: str) -> PerIteration:
        """By how much each iteration changed its square's error."""
        order = np.argsort(self.squares, kind="stable")  # by square, and by iteration within it
        before = np.zeros(len(order))
        later = self.exposures[order] > 1
        before[order[later]] = self.errors[name][order[np.flatnonzero(later) - 1]]
        changes: PerIteration = self.errors[name] - before
        return changes

    def _accumulate(self, changes: PerIteration) -> PerFrame:
        return np.concatenate([[0.0], changes.cumsum()]) / self.spec.cells


def sum_of_firsts(frames: PerFrame, is_first: Bool[np.ndarray, " iterations"]) -> PerFrame:
    """The coverage null of the distances of frames 0, 1, 2 ...: what first repaints added to them."""
    return np.concatenate([[0.0], np.where(is_first, np.diff(frames), 0.0).cumsum()])
