"""The excess of a measured curve over its coverage null: what the distance has beyond each square's first repaint."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from riptui.errors import InputError, RiptuiError
from riptui.results.curves import Curve, read_coverage
from riptui.results.exposure import SSIM, PerFrame, SquareErrors, sum_of_firsts
from riptui.results.panel import distance_function
from riptui.results.patch_errors import read_square_errors
from riptui.text.units import format_count


class NullSource(StrEnum):
    """What the coverage null was estimated from."""

    FIRST_REPAINTS = "what each square's first repaint added"
    FIRST_AMOUNT = "distance / coverage at the first measured amount"


class ExcessCurve(NamedTuple):
    """The excess of one trajectory; its values are distances, also for a similarity such as ssim."""

    curve: Curve
    source: NullSource


def patch_names(metric: str) -> tuple[str, ...]:
    """What must be read of the patches (`read_square_errors`), so that the null of a metric is that of each square."""
    return (metric,) if metric in (SSIM, "delta-e") else ()


def excess_over_coverage(curve: Curve, squares: SquareErrors | None = None) -> ExcessCurve:
    """The curve's distance to the original minus its coverage null.

    The null is the sum of what each square's first repaint added to the frame's distance, if the distance is known of
    every frame: measured so, or in `squares`, the trajectory's squares with what `patch_names` names. Otherwise it is
    D1 x coverage, where D1 = distance / coverage at the first amount above 0 at which the curve was measured. There
    few squares were repainted, and some of them twice: that null is noisier, and a little too high.

    Raises InputError for a metric that is not a distance to the original, or infinite for equal pictures, and if the
    curve has no point above 0; DiskError, DamagedError.
    """
    distances = distance_function(curve.metric)(curve.values)
    above = np.flatnonzero(curve.k > 0)
    if not len(above):
        raise InputError(f"{curve.trajectory.path}: {curve.metric} is not measured above 0 %; see riptui measure")
    null = _null_of_firsts(curve, distances, squares)
    if null is not None:
        return ExcessCurve(replace(curve, values=distances - null[curve.k]), NullSource.FIRST_REPAINTS)
    coverage = read_coverage(curve)
    slope = distances[above[0]] / coverage[above[0]]
    return ExcessCurve(replace(curve, values=distances - slope * coverage), NullSource.FIRST_AMOUNT)


def _null_of_firsts(curve: Curve, distances: PerFrame, squares: SquareErrors | None) -> PerFrame | None:
    """The null of frames 0, 1, 2 ... up to the curve's last; None if not all of their distances are known."""
    if squares is not None and squares.has_frames(curve.metric) and curve.k[-1] <= squares.repainted.iterations:
        return squares.coverage_null(curve.metric)
    if len(curve.k) == curve.k[-1] + 1 and curve.spec.is_on_grid:  # measured at every iteration
        try:
            squares = squares or read_square_errors(curve.trajectory, ())
        except RiptuiError:  # without paste, or a box off the grid
            return None
        if squares.repainted.iterations == curve.k[-1]:
            return sum_of_firsts(distances, squares.is_first)
    return None


def describe_sources(counts: Mapping[NullSource, int]) -> str:
    """In words; with the count of trajectories if there are several."""
    if len(counts) < 2:
        return ", ".join(counts)
    return ", ".join(f"{source} ({format_count(count, 'trajectory')})" for source, count in sorted(counts.items()))
