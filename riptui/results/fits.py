"""Two laws of growth fitted by least squares: one that saturates, and one that never does.

Akaike's criterion with its correction for few points (AICc, Hurvich & Tsai 1989) compares them. The points of one
curve are not independent, so it ranks the laws and tests nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log
from typing import Literal

import numpy as np

from riptui.results.curves import CurveValues

Law = Literal["saturating", "power"]

MIN_POINTS = 5
"""AICc has no value for fewer: three parameters are estimated, the errors' variance with them."""
_PARAMETER_COUNT = 3


@dataclass(frozen=True)
class FittedCurve:
    """`saturating`: a (1 - exp(-x / b)), b in %. `power`: a x**b."""

    law: Law
    a: float
    b: float
    aicc: float
    """Lower is better; less than 2 apart says little."""


def fit_laws(inpainted: CurveValues, drift: CurveValues) -> list[FittedCurve]:
    """Both laws, the better first; none for fewer than `MIN_POINTS` points above 0 %.

    `drift`: how far the value is from that at 0 %. Both laws are 0 there, so a point at 0 % says nothing: it is left
    out.
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
    """Least squares of a * curve(shape): the best `a` is known for each shape, so only the shape is searched for."""
    from scipy.optimize import minimize_scalar  # late: 0.2 s

    def scale(shape: float) -> float:
        unit = curve(shape)
        return float(unit @ y / (unit @ unit))

    def squares(shape: float) -> float:
        return float(((y - scale(shape) * curve(shape)) ** 2).sum())

    shapes = np.linspace(*span, 200)
    best = int(np.argmin([squares(shape) for shape in shapes.tolist()]))
    bounds = (float(shapes[max(0, best - 1)]), float(shapes[min(len(shapes) - 1, best + 1)]))
    shape = float(minimize_scalar(squares, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x)
    return FittedCurve(law, scale(shape), shape, _aicc(squares(shape), len(x)))


def _aicc(squares: float, points: int) -> float:
    """Of normal errors whose variance is estimated too: n ln(squares/n) + 2p + 2p(p+1)/(n-p-1)."""
    if squares <= 0:
        return -inf
    return points * log(squares / points) + 2 * _PARAMETER_COUNT * points / (points - _PARAMETER_COUNT - 1)
