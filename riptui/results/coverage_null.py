"""The excess of a measured curve over its coverage null, for metrics that have no error by square, e.g. LPIPS."""

from dataclasses import replace
from math import isfinite

import numpy as np

from riptui.errors import InputError
from riptui.metrics import PREVIOUS, find_metric
from riptui.results.curves import Curve, CurveValues, read_coverage


def excess_over_coverage(curve: Curve) -> Curve:
    """The curve's distance to the original minus D1 x coverage, where D1 = distance / coverage at the first amount.

    That is the first amount above 0 at which the curve was measured. There some squares were repainted twice already,
    so D1 holds a little of what recursion did, and the excess is a little too small. The values of the returned curve
    are distances, also for a similarity such as ssim, which is taken as its greatest value minus itself.

    Raises InputError for a metric that is not a distance to the original, or infinite for equal pictures, and if the
    curve has no point above 0; DiskError, DamagedError.
    """
    distances = _to_distances(curve)
    coverage = read_coverage(curve)
    above = np.flatnonzero(curve.k > 0)
    if not len(above):
        raise InputError(f"{curve.trajectory.path}: {curve.metric} is not measured above 0 %; see riptui measure")
    slope = distances[above[0]] / coverage[above[0]]
    return replace(curve, values=distances - slope * coverage)


def _to_distances(curve: Curve) -> CurveValues:
    info = find_metric(curve.metric)
    if curve.metric.endswith(PREVIOUS) or not info.pairwise:
        raise InputError(f"{curve.metric} is not a distance to the original: use lpips-vgg or ssim")
    if info.higher_means == "farther":
        return curve.values
    if not isfinite(info.range[1]):
        raise InputError(f"{curve.metric} has no finite value for equal pictures: use lpips-vgg or ssim")
    return info.range[1] - curve.values
