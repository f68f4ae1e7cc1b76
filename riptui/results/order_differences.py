"""Orders of squares compared on the same pictures: all that were used, at equal inpainted amounts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from riptui.results.bootstrap import IntervalEstimate, estimate
from riptui.results.curves import Curve
from riptui.spec import SQUARE_ORDERS, SquareOrder

AMOUNTS = (100.0, 200.0, 400.0)


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
    values: defaultdict[tuple[SquareOrder, float], defaultdict[str, list[float]]]
    values = defaultdict(lambda: defaultdict(list))
    metric = ""
    for curve in members:
        metric = curve.metric
        for amount in amounts:
            for value in curve.values[curve.inpainted == amount].tolist():
                values[curve.spec.order, amount][curve.image].append(value)
    found = []
    for order, other in combinations(SQUARE_ORDERS, 2):
        for amount in amounts:
            left, right = values[order, amount], values[other, amount]
            if shared := [image for image in left if image in right]:
                paired = np.array([np.mean(left[image]) - np.mean(right[image]) for image in shared])
                found.append(OrderDifference(metric, order, other, amount, estimate(paired[:, None])))
    return found
