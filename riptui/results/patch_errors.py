"""Read the errors of a trajectory's squares from disk: from its patches, and those of NAME@repaints."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from jaxtyping import Int64

from riptui import results
from riptui.errors import DamagedError, InputError
from riptui.metrics.values import RepaintDistance
from riptui.results.exposure import PATCH_ERRORS, SSIM, PerFrame, PerIteration, SquareErrors, SquarePixels
from riptui.spec import Box, Spec
from riptui.store import frames
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory

Computed = dict[str, PerIteration]
"""What patches give, by name: the errors of PATCH_ERRORS, and by SSIM the distance 1 - ssim of each frame."""

_CHUNK_PIXELS = 2**18  # at a time; a call per patch of 16 px takes ten times longer


def read_square_errors(
    trajectory: Trajectory, names: Sequence[str] = tuple(PATCH_ERRORS), known: SquareErrors | None = None
) -> SquareErrors:
    """Read the errors of a trajectory's repainted squares, in one pass over its patches.

    names: those of PATCH_ERRORS to compute, and "ssim" for the distances of the frames. What is stored of NAME@repaints
    comes with them. `known`: what was read before of the same trajectory; only patches after its rows are read.
    Half a second for 400 % of 512 px, most of it for delta-e. Raises InputError for a trajectory without paste, whose
    repaints change the whole frame, and for one whose frames do not show squares of one grid; DamagedError, DiskError,
    SpecError.
    """
    rows = trajectory.read_rows()
    computed, done = _known_prefix(known, trajectory.spec, rows, names)
    if rows[done:]:
        added = compute_errors(trajectory, rows[done:], names)
        computed = {name: np.concatenate([computed[name], added[name]]) for name in names}
    return assemble(trajectory, rows, computed)


def assemble(
    trajectory: Trajectory, rows: Sequence[IterationRow], computed: Mapping[str, PerIteration]
) -> SquareErrors:
    """The errors from what was computed of all rows, with what is stored of NAME@repaints. Raises as above."""
    squares = number_squares(trajectory, rows)
    stored = {name: found for name, found in trajectory.read_repaints(rows).items() if len(found) == len(rows) > 0}
    errors = {name: _in_order(found, "square") for name, found in stored.items()}
    errors |= {name: values for name, values in computed.items() if name != SSIM}
    of_frames = {name: _from_zero(_in_order(found, "frame")) for name, found in stored.items() if name not in computed}
    if SSIM in computed:
        of_frames[SSIM] = _from_zero(computed[SSIM])
    return SquareErrors(trajectory, trajectory.spec, rows, squares, errors, of_frames)


def compute_errors(trajectory: Trajectory, rows: Sequence[IterationRow], names: Sequence[str]) -> Computed:
    """What the patches of some rows give: of successive rows, and of all from the first for "ssim"."""
    from riptui.metrics.running_ssim import RunningSsim  # scikit-image, 0.3 s that known errors do without

    number_squares(trajectory, rows)
    found: dict[str, list[PerIteration]] = {name: [np.empty(0)] for name in names}
    if not names:
        return {}
    original = frames.read_original(trajectory)
    running = RunningSsim(original)
    for chunk, patches in _read_in_chunks(trajectory, rows):
        originals = np.stack([original[row.box.window] for row in chunk])
        for name in names:
            if name == SSIM:
                similar = [running.repaint(row.box, patch) for row, patch in zip(chunk, patches, strict=True)]
                found[name].append(1 - np.array(similar))
            else:
                found[name].append(results.square_measures.MEASURES[name](originals, patches))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def number_squares(trajectory: Trajectory, rows: Sequence[IterationRow]) -> Int64[np.ndarray, " iterations"]:
    """The square of each row, counted row by row. Raises InputError without paste or a grid, DamagedError for a
    wrong box."""
    spec = trajectory.spec
    if not spec.paste:
        raise InputError(f"{trajectory.path}: made without paste, so each repaint changed all squares")
    if not spec.is_on_grid:
        raise InputError(f"{trajectory.path}: order {spec.order}: what it repaints are not the squares of one grid")
    if not spec.keeps_squares:
        reason = ", ".join(spec.interventions)
        raise InputError(f"{trajectory.path}: {reason}: a frame does not show the last repaint of each square")
    columns = spec.size // spec.mask
    squares = [row.box.y // spec.mask * columns + row.box.x // spec.mask for row in rows]
    if any(row.box != _square_box(spec, square) for row, square in zip(rows, squares, strict=True)):
        raise DamagedError(f"{trajectory.path}: a box in iterations.jsonl is not on the grid; see riptui check")
    return np.array(squares, np.int64)


def _known_prefix(
    known: SquareErrors | None, spec: Spec, rows: Sequence[IterationRow], names: Sequence[str]
) -> tuple[Computed, int]:
    """What is known already of the first rows, and of how many; SSIM goes on from no earlier frame than the first."""
    empty = {name: np.empty(0) for name in names}
    if known is None or known.spec != spec or SSIM in names or any(name not in known.errors for name in names):
        return empty, 0
    done = len(known.rows)
    if list(known.rows) != list(rows[:done]):
        return empty, 0
    return {name: known.errors[name] for name in names}, done


def _in_order(found: Mapping[int, RepaintDistance], field: str) -> PerIteration:
    return np.array([getattr(found[k], field) for k in sorted(found)], np.float64)


def _from_zero(distances: PerIteration) -> PerFrame:
    return np.concatenate([[0.0], distances])


def _square_box(spec: Spec, square: int) -> Box | None:
    row, column = divmod(square, spec.size // spec.mask)
    return Box(column * spec.mask, row * spec.mask, spec.mask, spec.mask) if 0 <= square < spec.cells else None


def _read_in_chunks(
    trajectory: Trajectory, rows: Sequence[IterationRow]
) -> Iterator[tuple[Sequence[IterationRow], SquarePixels]]:
    patches = frames.read_patches(trajectory, rows)
    size = max(1, _CHUNK_PIXELS // trajectory.spec.mask**2)
    for start in range(0, len(rows), size):
        yield rows[start : start + size], np.stack([patch.pixels for patch in islice(patches, size)])
