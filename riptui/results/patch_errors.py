"""Read the errors of a trajectory's squares from disk: from its patches, and those of NAME@repaints."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from riptui import metrics, results
from riptui.arrays import Image
from riptui.errors import DamagedError
from riptui.metrics.values import RepaintDistance
from riptui.region import Region
from riptui.results.exposure import PATCH_ERRORS, SSIM, PerFrame, PerRepaint, SquareErrors
from riptui.results.repainted_squares import cut_squares, find_regions, find_squares, square_side
from riptui.spec import Spec
from riptui.store import frames
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory

Computed = dict[str, PerRepaint]
"""What patches give, by name: the errors of PATCH_ERRORS, and by SSIM the distance 1 - ssim of each frame."""

_CHUNK_PIXELS = 2**18  # at a time; a call per patch of 16 px takes ten times longer


def read_square_errors(
    trajectory: Trajectory, names: Sequence[str] = tuple(PATCH_ERRORS), known: SquareErrors | None = None
) -> SquareErrors:
    """Read the errors of a trajectory's repainted squares, in one pass over its patches.

    names: those of PATCH_ERRORS to compute, and "ssim" for the distances of the frames. What is stored of NAME@repaints
    comes with them. `known`: what was read of it before: only later patches are read, or all for "ssim".
    Off the grid there is neither "ssim" nor NAME@repaints, which are known of whole masks and not of their tiles.
    Half a second for 400 % of 512 px, most of it for delta-e. Raises InputError for a trajectory whose frames do not
    show each square's last repaint (`find_regions`), DamagedError, DiskError, SpecError.
    """
    rows = trajectory.read_rows()
    names = known_names(trajectory.spec, names)
    computed, done = _known_prefix(known, trajectory.spec, rows, names)
    if rows[done:]:
        added = compute_errors(trajectory, rows[done:], names)
        computed = {name: np.concatenate([computed[name], added[name]]) for name in names}
    return assemble(trajectory, rows, computed)


def assemble(trajectory: Trajectory, rows: Sequence[IterationRow], computed: Mapping[str, PerRepaint]) -> SquareErrors:
    """The errors from what was computed of all rows, with what is stored of NAME@repaints. Raises as above."""
    repainted = find_squares(trajectory, rows)
    on_grid = trajectory.read_repaints(rows) if trajectory.spec.is_on_grid else {}
    stored = {name: found for name, found in on_grid.items() if len(found) == len(rows) > 0}
    errors = {name: _in_order(found, "square") for name, found in stored.items()}
    errors |= {name: values for name, values in computed.items() if name != SSIM}
    of_frames = {name: _from_zero(_in_order(found, "frame")) for name, found in stored.items() if name not in computed}
    if SSIM in computed:
        of_frames[SSIM] = _from_zero(computed[SSIM])
    return SquareErrors(trajectory, trajectory.spec, rows, repainted, errors, of_frames)


def known_names(spec: Spec, names: Sequence[str]) -> Sequence[str]:
    """Those of the names that patches can give: "ssim" only where each iteration repaints one square."""
    return names if spec.is_on_grid else [name for name in names if name != SSIM]


def compute_errors(trajectory: Trajectory, rows: Sequence[IterationRow], names: Sequence[str]) -> Computed:
    """What the patches of some rows give: of successive rows, and of all from the first for "ssim"."""
    regions = find_regions(trajectory, rows)
    found: dict[str, list[PerRepaint]] = {name: [np.empty(0)] for name in names}
    if not names:
        return {}
    original = frames.read_original(trajectory)
    running = metrics.running_ssim.RunningSsim(original)
    side = square_side(trajectory.spec)
    for chunk, patches in _read_in_chunks(trajectory, rows, regions):
        originals = np.concatenate([cut_squares(original[region.box.window], region, side) for region in chunk])
        painted = np.concatenate([cut_squares(*part, side) for part in zip(patches, chunk, strict=True)])
        for name in names:
            if name == SSIM:
                similar = [running.repaint(region.box, patch) for region, patch in zip(chunk, patches, strict=True)]
                found[name].append(1 - np.array(similar))
            else:
                found[name].append(results.square_measures.MEASURES[name](originals, painted))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _known_prefix(
    known: SquareErrors | None, spec: Spec, rows: Sequence[IterationRow], names: Sequence[str]
) -> tuple[Computed, int]:
    """What is known already of the first rows, and of how many of them: none if SSIM is asked for, too."""
    empty = {name: np.empty(0) for name in names}
    if known is None or known.spec != spec or SSIM in names or any(name not in known.errors for name in names):
        return empty, 0
    done = len(known.rows)
    if list(known.rows) != list(rows[:done]):
        return empty, 0
    return {name: known.errors[name] for name in names}, done


def _in_order(found: Mapping[int, RepaintDistance], field: str) -> PerRepaint:
    return np.array([getattr(found[k], field) for k in sorted(found)], np.float64)


def _from_zero(distances: PerRepaint) -> PerFrame:
    return np.concatenate([[0.0], distances])


def _read_in_chunks(
    trajectory: Trajectory, rows: Sequence[IterationRow], regions: Sequence[Region]
) -> Iterator[tuple[Sequence[Region], Sequence[Image]]]:
    """Some successive regions, and what was painted there, each as large as its box. Raises DamagedError."""
    patches = frames.read_patches(trajectory, rows)
    mean_pixels = sum(region.pixels for region in regions) / len(regions)
    size = max(1, int(_CHUNK_PIXELS / mean_pixels))
    for start in range(0, len(rows), size):
        chunk, found = regions[start : start + size], [*islice(patches, size)]
        for row, region, patch in zip(rows[start : start + size], chunk, found, strict=True):
            if not patch.is_of(row, region):
                raise DamagedError(f"{trajectory.path}: patch {row.k} is not of its mask; see riptui check")
        yield chunk, [patch.pixels for patch in found]
