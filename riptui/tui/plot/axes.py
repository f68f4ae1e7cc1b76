"""The range of an axis, where a value falls on it, and its ticks."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_LARGEST = 1e100  # beyond it differences of two values may overflow
_LEAST = 1e-100  # below it quotients may
_HEADROOM = 0.03  # of the span, so that the highest point does not lie on the edge


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    """Above `low`."""

    def share(self, value: float) -> float:
        """Where a value lies: 0 at `low`, 1 at `high`; values beyond are put on the nearer end."""
        return min(max(0.0, (value - self.low) / (self.high - self.low)), 1.0)


def usable(value: float) -> bool:
    """Whether a value has a place on an axis at all."""
    return abs(value) <= _LARGEST  # false for NaN


def horizontal(values: Iterable[float], end: float | None = None) -> Axis:
    """From 0, or the least value if one is negative, to the greatest, or to `end` if that is farther."""
    found = [value for value in values if usable(value)]
    low = min([0.0, *found])
    return _with_span(low, max([low, *found, end or 0.0]))


def vertical(values: Iterable[float]) -> Axis:
    """From 0 where that costs at most two fifths of the height, as LPIPS does; with a little room at the top."""
    found = [value for value in values if usable(value)]
    if not found:
        return Axis(0.0, 1.0)
    low, high = min(found), max(found)
    if 0 <= low <= 0.4 * high:
        low = 0.0
    axis = _with_span(low, high)
    room = _HEADROOM * (axis.high - axis.low)
    return Axis(axis.low - room if axis.low < 0 or low else axis.low, axis.high + room)


def _with_span(low: float, high: float) -> Axis:
    """Ends that can be told apart, also where all values are one."""
    size = max(abs(low), abs(high))
    if size < _LEAST:
        return Axis(0.0, 1.0)
    if high - low > 1e-9 * size:
        return Axis(low, high)
    return Axis(0.0, high) if low > 0 else Axis(low, 0.0)


def ticks(axis: Axis, most: int) -> list[float]:
    """Round values on an axis, 1, 2 or 5 times a power of ten apart, ascending; at most `most`, at least one."""
    span = axis.high - axis.low
    step = _round_step(span / max(1, most))
    while True:
        first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
        if last - first < max(1, most):
            return [n * step for n in range(first, last + 1)] or [axis.low]
        step = _round_step(step * 1.5)


def labels(values: Sequence[float]) -> list[str]:
    """The text of ticks, with as many decimals as tell them apart."""
    step = min((b - a for a, b in pairwise(values)), default=abs(values[0]) if values else 1.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    if decimals > 5 or any(abs(value) >= 1e6 for value in values):
        return [f"{value:.3g}" for value in values]
    return [f"{value + 0.0:.{decimals}f}" for value in values]


def _round_step(least: float) -> float:
    """The smallest round number that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((n * power for n in (1, 2, 5) if n * power >= least * (1 - 1e-9)), 10 * power)
