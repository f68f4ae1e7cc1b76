"""Orders of squares compared on the same pictures: all that were used, at equal inpainted amounts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import Curve, group_by, shares_squares
from riptui.results.statistics import estimate_by_image
from riptui.spec import SQUARE_ORDERS, SquareOrder

AMOUNTS = (100.0, 200.0, 400.0)
Unit = tuple[str, int]
"""A picture, and its seed where squares are shared."""


@dataclass(frozen=True)
class OrderDifference:
    """The value of one order minus that of another at one inpainted %, by picture; a mean over seeds first.

    Of a distance it is how much farther the first is, of a similarity such as ssim how much nearer.
    """

    metric: str
    order: SquareOrder
    other: SquareOrder
    inpainted: float
    difference: IntervalEstimate
    """The order's value minus the other's, over the pictures that have both."""


def compare_orders(members: Iterable[Curve], amounts: Sequence[float] = AMOUNTS) -> list[OrderDifference]:
    """Compare each pair of orders, on curves of one metric that differ only in picture, seed and order."""
    listed = list(members)
    by_order = group_by(listed, ["order"])
    return [
        OrderDifference(listed[0].metric, order, other, amount, difference)
        for order, other in combinations([order for order in SQUARE_ORDERS if (order,) in by_order], 2)
        for amount in amounts
        if (difference := _paired_difference(by_order[order,], by_order[other,], amount)).images
    ]


def _paired_difference(left: Sequence[Curve], right: Sequence[Curve], amount: float) -> IntervalEstimate:
    """The mean over the pictures that have both, at one amount; where pictures share squares, seed by seed."""
    curves = [curve for curve in (*left, *right) if amount in curve.inpainted]
    crossed = shares_squares(curves)
    values: dict[int, defaultdict[Unit, list[float]]] = {1: defaultdict(list), -1: defaultdict(list)}
    units: dict[Unit, Curve] = {}
    for sign, found in ((1, left), (-1, right)):
        for curve in found:
            for value in curve.values[curve.inpainted == amount].tolist():
                unit = curve.image, curve.spec.seed if crossed else 0
                units.setdefault(unit, curve)
                values[sign][unit].append(value)
    shared = [unit for unit in values[1] if unit in values[-1]]
    differences = [fmean(values[1][unit]) - fmean(values[-1][unit]) for unit in shared]
    return estimate_by_image([units[unit] for unit in shared], differences)
