"""The coverage that the order of the squares alone makes one expect, and how far a trajectory's is from it."""

from contextlib import suppress

import numpy as np

from riptui.errors import RiptuiError
from riptui.results.curves import Curve, CurveValues, read_coverage
from riptui.results.exposure_model import ExposureModel
from riptui.spec import DRAWN_ORDERS, Spec


def expected_coverage(spec: Spec, k: CurveValues) -> CurveValues:
    """% of the pixels expected to be repainted at least once in iterations 1 to k, in the spec's order of squares."""
    covered: CurveValues = 100 * ExposureModel({spec.mask: 1.0}, tau=0.0).predict(spec, k)
    return covered


def relative_coverage(curve: Curve) -> CurveValues | None:
    """The coverage divided by the expected one, at the curve's points, which are above 0 %.

    None where no coverage can be expected (masks of any shape), where a frame's distance does not depend on it (no
    paste, squares that are painted back), and where the rows cannot be read.
    """
    spec = curve.spec
    if spec.order not in DRAWN_ORDERS or not spec.paste or spec.onto != "frame" or spec.anchor:
        return None
    with suppress(RiptuiError):  # damaged, or gone: `riptui check` reports it
        covered = read_coverage(curve) / expected_coverage(spec, curve.k.astype(np.float64))
        return covered if (covered > 0).all() else None
    return None
