"""The range of an axis, the position of a value on it, and its ticks."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_LARGEST = 1e100  # beyond it differences of two values may overflow
_SMALLEST = 1e-100  # below it quotients may
_WIDENINGS = ((0.12, 3), (0.45, 3), (0.12, 2), (0.45, 2))
"""By how much of its span an axis may be widened for so many ticks at even distances, the best first."""
_HEADROOM = 0.03  # of the span, so that the highest point is not on the edge


@dataclass(frozen=True)
class AxisRange:
    low: float
    high: float  # greater than `low`

    def fraction(self, value: float) -> float:
        """The position of a value, 0 at `low`, 1 at `high`; values outside are clipped."""
        return min(max(0.0, (value - self.low) / (self.high - self.low)), 1.0)


def is_plottable(value: float) -> bool:
    """Whether a value can be shown on an axis."""
    return abs(value) <= _LARGEST  # false for NaN


def x_range(values: Iterable[float], end: float | None = None) -> AxisRange:
    """From 0, or the least value if negative, to the greatest value or `end`, whichever is greater."""
    plottable = [value for value in values if is_plottable(value)]
    low = min([0.0, *plottable])
    return _widen_if_flat(low, max([low, *plottable, end or 0.0]))


def y_range(values: Iterable[float]) -> AxisRange:
    """From 0 if that takes at most two fifths of the height, as for LPIPS; with headroom at the top."""
    plottable = [value for value in values if is_plottable(value)]
    if not plottable:
        return AxisRange(0.0, 1.0)
    low, high = min(plottable), max(plottable)
    if 0 <= low <= 0.4 * high:
        low = 0.0
    axis = _widen_if_flat(low, high)
    margin = _HEADROOM * (axis.high - axis.low)
    return AxisRange(axis.low - margin if axis.low < 0 or low else axis.low, axis.high + margin)


def _widen_if_flat(low: float, high: float) -> AxisRange:
    """A range of nonzero width, even if all values are equal."""
    size = max(abs(low), abs(high))
    if size < _SMALLEST:
        return AxisRange(0.0, 1.0)
    if high - low > 1e-9 * size:
        return AxisRange(low, high)
    return AxisRange(0.0, high) if low > 0 else AxisRange(low, 0.0)


def tick_values(axis: AxisRange, max_count: int) -> list[float]:
    """Round values on an axis, 1, 2 or 5 times a power of ten apart, ascending; at most `max_count`, at least one."""
    return _multiples(axis, _step_of(axis, max_count)) or [axis.low]


def _step_of(axis: AxisRange, max_count: int) -> float:
    """The least round distance of at most so many ticks."""
    step = _round_step((axis.high - axis.low) / max(1, max_count))
    while len(_multiples(axis, step)) > max(1, max_count):
        step = _round_step(step * 1.5)
    return step


def with_even_ticks(axis: AxisRange, rows: int, parts: int, max_count: int) -> tuple[AxisRange, list[float]]:
    """An axis, widened a little so that its ticks are a whole number of rows apart, and the ticks.

    rows: the length of the axis, in rows of so many parts each. The finest ticks that widen it little are taken; if
    there are none, the axis stays, and the ticks are as even as rows allow. An end at 0 stays there.
    """
    span, length = axis.high - axis.low, rows - 1 / parts
    steps = dict.fromkeys(_step_of(axis, count) for count in range(max(2, max_count), 1, -1))
    for limit, least_count in _WIDENINGS:
        for step in steps:
            apart = int(step / span * length + 1e-9)
            if not apart or step * length / apart > span * (1 + limit):
                continue
            widened = _align(axis, step * length / apart, step / (apart * parts))
            ticks = _multiples(widened, step)
            if len(ticks) >= least_count:
                return widened, ticks
    return axis, tick_values(axis, max_count)


def _align(axis: AxisRange, span: float, part: float) -> AxisRange:
    """An axis of another span around this one that begins at a multiple of `part`; at 0 if this one does."""
    low = axis.low if axis.low == 0 else axis.low - (span - (axis.high - axis.low)) / 2
    low = max(0.0, low) if axis.low >= 0 else low
    low = math.floor(low / part + 1e-9) * part
    return AxisRange(low, low + span)


def _multiples(axis: AxisRange, step: float) -> list[float]:
    first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
    return [multiple * step for multiple in range(first, last + 1)]


def format_ticks(values: Sequence[float]) -> list[str]:
    """The labels of ticks, with as many decimals as make them differ."""
    step = min((b - a for a, b in pairwise(values)), default=abs(values[0]) if values else 1.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    if decimals > 5 or any(abs(value) >= 1e6 for value in values):
        return [f"{value:.3g}" for value in values]
    return [f"{value + 0.0:.{decimals}f}" for value in values]


def _round_step(minimum: float) -> float:
    """The smallest round number that is not below `minimum`."""
    power = 10.0 ** math.floor(math.log10(minimum))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= minimum * (1 - 1e-9)), 10 * power)
