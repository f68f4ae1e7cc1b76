"""The error of each square right after each of its repaints, and how much of a trajectory's error is only coverage.

The *exposure* t of a square is how often it was repainted. The rows and patches on disk give exposure and error of the
repainted square exactly, at every iteration. With paste nothing else changes, so a frame's error is the mean over the
squares of their newest error, 0 for squares that were never repainted.

The *coverage null* is a frame's error if each square had stayed as its first repaint left it: the mean first error
times the coverage. The *excess* is what the frame's error has beyond it: the work of recursion.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from riptui.errors import DamagedError, InputError
from riptui.spec import Box, Spec
from riptui.store import frames
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory

PerIteration = Float64[np.ndarray, " iterations"]
PerFrame = Float64[np.ndarray, " frames"]
SquarePixels = UInt8[np.ndarray, "patches height width 3"]

LUMA, DELTA_E = "luma", "delta-e"
SQUARE_ERRORS = {LUMA: "levels", DELTA_E: "ΔE"}
"""The errors of a square, with their units: the mean absolute difference of the luma, in 8-bit levels, and the mean
CIEDE2000 colour difference, as the metric of that name defines both."""
_CHUNK_PIXELS = 2**18  # at a time; a call per patch of 16 px takes ten times longer


@dataclass(frozen=True, eq=False)
class SquareErrors:
    """The error of the square that each iteration repainted, right after it; iteration k at index k-1."""

    trajectory: Trajectory
    spec: Spec
    squares: Int64[np.ndarray, " iterations"]
    """Number of the square, counted row by row."""
    errors: Mapping[str, PerIteration]
    """By name, one of SQUARE_ERRORS."""

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

    def first_errors(self, name: str) -> PerIteration:
        """The error that the square's first repaint left."""
        by_square = np.zeros(self.spec.cells)
        is_first = self.exposures == 1
        by_square[self.squares[is_first]] = self.errors[name][is_first]
        firsts: PerIteration = by_square[self.squares]
        return firsts

    def frame_errors(self, name: str) -> PerFrame:
        """The error of frames 0, 1, 2 ...: the mean over all squares."""
        order = np.argsort(self.squares, kind="stable")  # by square, and by iteration within it
        before = np.zeros(len(order))
        later = self.exposures[order] > 1
        before[order[later]] = self.errors[name][order[np.flatnonzero(later) - 1]]
        return self._accumulate(self.errors[name] - before)

    def coverage_null(self, name: str) -> PerFrame:
        """The error of frames 0, 1, 2 ... if each square had stayed as its first repaint left it."""
        return self._accumulate(np.where(self.exposures == 1, self.errors[name], 0.0))

    @property
    def inpainted(self) -> PerFrame:
        """% inpainted of frames 0, 1, 2 ..."""
        return 100 * np.arange(len(self.squares) + 1) / self.spec.cells

    def _accumulate(self, steps: PerIteration) -> PerFrame:
        return np.concatenate([[0.0], steps.cumsum()]) / self.spec.cells


def read_square_errors(trajectory: Trajectory, names: Sequence[str] = tuple(SQUARE_ERRORS)) -> SquareErrors:
    """Compute the errors of a trajectory's repainted squares from disk: one pass over its patches.

    Half a second for 400 % of 512 px, most of it for delta-e. Raises InputError for a trajectory without paste, whose
    repaints change the whole frame; DamagedError, DiskError, SpecError.
    """
    spec = trajectory.spec
    if not spec.paste:
        raise InputError(f"{trajectory.path}: made without paste, so each repaint changed all squares")
    rows = trajectory.read_rows()
    columns = spec.size // spec.mask
    squares = [row.box.y // spec.mask * columns + row.box.x // spec.mask for row in rows]
    if any(row.box != _square_box(spec, square) for row, square in zip(rows, squares, strict=True)):
        raise DamagedError(f"{trajectory.path}: a box in iterations.jsonl is not on the grid; see riptui check")
    errors: dict[str, list[PerIteration]] = {name: [] for name in names}
    original = frames.read_original(trajectory)
    for chunk, patches in _read_in_chunks(trajectory, rows):
        originals = np.stack([original[row.box.window] for row in chunk])
        for name in names:
            errors[name].append(_MEASURES[name](originals, patches))
    joined = {name: np.concatenate([np.empty(0), *parts]) for name, parts in errors.items()}
    return SquareErrors(trajectory, spec, np.array(squares, np.int64), joined)


def _square_box(spec: Spec, square: int) -> Box | None:
    row, column = divmod(square, spec.size // spec.mask)
    return Box(column * spec.mask, row * spec.mask, spec.mask, spec.mask) if 0 <= square < spec.cells else None


def _read_in_chunks(
    trajectory: Trajectory, rows: Sequence[IterationRow]
) -> Iterator[tuple[Sequence[IterationRow], SquarePixels]]:
    patches = frames.read_patches(trajectory, rows)
    size = max(1, _CHUNK_PIXELS // trajectory.spec.mask**2)
    for start in range(0, len(rows), size):
        yield rows[start : start + size], np.stack(list(islice(patches, size)))


def _luma_errors(originals: SquarePixels, patches: SquarePixels) -> PerIteration:
    from riptui.metrics.pixels import luma  # late: scikit-image, 0.3 s

    difference: PerIteration = np.abs(luma(originals) - luma(patches)).mean(axis=(1, 2), dtype=np.float64)
    return difference


def _delta_e_errors(originals: SquarePixels, patches: SquarePixels) -> PerIteration:
    from skimage.color import deltaE_ciede2000  # late, as above

    difference: PerIteration = deltaE_ciede2000(_lab(originals), _lab(patches)).mean(axis=(1, 2), dtype=np.float64)
    return difference


def _lab(pixels: SquarePixels) -> Float32[np.ndarray, "patches height width 3"]:
    from skimage.color import rgb2lab  # late, as above

    lab: Float32[np.ndarray, "patches height width 3"] = rgb2lab(pixels.astype(np.float32) / 255)
    return lab


_MEASURES = {LUMA: _luma_errors, DELTA_E: _delta_e_errors}
