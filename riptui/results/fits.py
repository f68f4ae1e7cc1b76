"""Two growth laws fitted by least squares: one that saturates, and one that never does.

Akaike's criterion with its correction for few points (AICc, Hurvich & Tsai 1989) compares them. The points of one
curve are not independent, so it ranks the laws but is not a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log
from typing import Literal

import numpy as np
import scipy

from riptui.results.curves import CurveValues

Law = Literal["saturating", "power"]

MIN_POINTS = 5
"""AICc is undefined for fewer: three parameters are estimated, including the errors' variance."""
_PARAMETER_COUNT = 3


@dataclass(frozen=True)
class FittedCurve:
    """`saturating`: a (1 - exp(-x / b)), b in %. `power`: a x**b."""

    law: Law
    a: float
    b: float
    aicc: float
    """Lower is better; a difference below 2 means little."""


def fit_laws(inpainted: CurveValues, drift: CurveValues) -> list[FittedCurve]:
    """Fit both laws; the better first. Empty for fewer than `MIN_POINTS` points above 0 %.

    `drift`: the difference from the value at 0 %. A point at 0 % is left out: both laws are 0 there by definition.
    """
    above = inpainted > 0
    x, y = inpainted[above], drift[above]
    if len(x) < MIN_POINTS:
        return []
    log_low, log_high = log(x.min() / 100), log(x.max() * 1000)
    saturating = _fit_law("saturating", x, y, lambda shape: -np.expm1(-x / exp(shape)), (log_low, log_high))
    power = _fit_law("power", x, y, lambda shape: (x / x.max()) ** shape, (-2.0, 6.0))
    saturating = FittedCurve("saturating", saturating.a, exp(saturating.b), saturating.aicc)
    power = FittedCurve("power", power.a / float(x.max()) ** power.b, power.b, power.aicc)
    return sorted((saturating, power), key=lambda fitted: fitted.aicc)


def _fit_law(
    law: Law, x: CurveValues, y: CurveValues, curve: Callable[[float], CurveValues], span: tuple[float, float]
) -> FittedCurve:
    """Least-squares fit of a * curve(shape). The best `a` follows from the shape, so only the shape is searched."""

    def scale(shape: float) -> float:
        unit = curve(shape)
        return float(unit @ y / (unit @ unit))

    def squares(shape: float) -> float:
        return float(((y - scale(shape) * curve(shape)) ** 2).sum())

    shapes = np.linspace(*span, 200)
    best = int(np.argmin([squares(shape) for shape in shapes.tolist()]))
    bounds = (float(shapes[max(0, best - 1)]), float(shapes[min(len(shapes) - 1, best + 1)]))
    shape = float(scipy.optimize.minimize_scalar(squares, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x)
    return FittedCurve(law, scale(shape), shape, _aicc(squares(shape), len(x)))


def _aicc(squares: float, points: int) -> float:
    """AICc for normal errors with estimated variance: n ln(squares/n) + 2p + 2p(p+1)/(n-p-1)."""
    if squares <= 0:
        return -inf
    return points * log(squares / points) + 2 * _PARAMETER_COUNT * points / (points - _PARAMETER_COUNT - 1)
