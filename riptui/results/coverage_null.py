"""The excess of a measured curve over its coverage null, for metrics that have no error by square, e.g. LPIPS."""

from dataclasses import replace

import numpy as np

from riptui.errors import InputError
from riptui.results.curves import Curve, read_coverage
from riptui.results.panel import distance_function


def excess_over_coverage(curve: Curve) -> Curve:
    """The curve's distance to the original minus D1 x coverage, where D1 = distance / coverage at the first amount.

    That is the first amount above 0 at which the curve was measured. There some squares were repainted twice already,
    so D1 holds a little of what recursion did, and the excess is a little too small. The values of the returned curve
    are distances, also for a similarity such as ssim, which is taken as its greatest value minus itself.

    Raises InputError for a metric that is not a distance to the original, or infinite for equal pictures, and if the
    curve has no point above 0; DiskError, DamagedError.
    """
    distances = distance_function(curve.metric)(curve.values)
    coverage = read_coverage(curve)
    above = np.flatnonzero(curve.k > 0)
    if not len(above):
        raise InputError(f"{curve.trajectory.path}: {curve.metric} is not measured above 0 %; see riptui measure")
    slope = distances[above[0]] / coverage[above[0]]
    return replace(curve, values=distances - slope * coverage)
