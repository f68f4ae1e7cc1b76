"""The y axis of a chart: linear or logarithmic, all of it or a part."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from riptui.tui.plot.axes import AxisRange, format_ticks, is_plottable, tick_values, with_even_ticks, y_range

MAX_ZOOM = 64.0
ZERO = 1e-300  # on a logarithmic axis: what is smaller has no power of ten as a double
MIN_LOG_TICKS = 3  # of powers of ten, else there are ticks between them
_LOG_MARGIN = 0.03  # of the span, above and below
_FAR = 8.0  # lengths of the axis beyond its ends: as far as anything is drawn


@dataclass(frozen=True)
class YView:
    """How the y axis is shown. `low` and `high`: the ends of the visible part, 0 and 1 for all of it."""

    log: bool = False
    low: float = 0.0
    high: float = 1.0

    @property
    def zoom(self) -> float:
        return 1 / (self.high - self.low)

    @property
    def note(self) -> str:
        """What is to be known of the axis beside its label; "" for the usual one."""
        return (" · log" if self.log else "") + (f" · ×{self.zoom:.3g}" if self.zoom > 1.01 else "")

    def zoomed(self, direction: int, around: float = 0.5) -> "YView":
        """Half of what is visible (1) or twice as much (-1). `around`: what stays in place, 0 at the bottom to 1."""
        zoom = min(max(1.0, self.zoom * 2.0**direction), MAX_ZOOM)
        fixed = self.low + around * (self.high - self.low)
        low = min(max(0.0, fixed - around / zoom), 1 - 1 / zoom)
        return replace(self, low=low, high=low + 1 / zoom)

    def zoomed_to(self, direction: int, place: float) -> "YView":
        """The same with a place of the whole axis in the middle, 0 at its bottom to 1, as far as its ends allow."""
        span = 1 / self.zoomed(direction).zoom
        low = min(max(0.0, place - span / 2), 1 - span)
        return replace(self, low=low, high=low + span)


@dataclass(frozen=True)
class YAxis:
    range: AxisRange
    """Of the values, or of their logarithms to the base 10."""
    ticks: Sequence[float]
    labels: Sequence[str]
    log: bool = False

    def position(self, value: float) -> float:
        """0 at the lower end, 1 at the upper one; beyond them for values that are not visible."""
        if self.log:
            value = math.log10(value) if value > 0 else -math.inf
        share = (value - self.range.low) / (self.range.high - self.range.low)
        return min(max(-_FAR, share), 1 + _FAR)


def make_y_axis(values: Iterable[float], view: YView, rows: int, parts: int) -> YAxis:
    """The axis for values, in rows of so many parts each, with about a tick every other row."""
    max_ticks = max(2, rows // 2)
    if view.log:
        shown = _visible(_log_range(values), view)
        ticks = _log_ticks(shown, max_ticks)
        return YAxis(shown, ticks, [f"{tick:.3g}" for tick in ticks], log=True)
    shown, ticks = with_even_ticks(_visible(y_range(values), view), rows, parts, max_ticks)
    return YAxis(shown, ticks, format_ticks(ticks))


def place_on_axis(value: float, values: Iterable[float], view: YView) -> float:
    """Where a value is on the whole axis of such values: 0 at its bottom to 1."""
    whole = _log_range(values) if view.log else y_range(values)
    value = math.log10(value) if view.log else value
    return (value - whole.low) / (whole.high - whole.low)


def can_show(value: float, view: YView) -> bool:
    """Whether a value has a place on the axis."""
    return is_plottable(value) and (value > ZERO or not view.log)


def _visible(axis: AxisRange, view: YView) -> AxisRange:
    span = axis.high - axis.low
    return axis if view.zoom <= 1 else AxisRange(axis.low + view.low * span, axis.low + view.high * span)


def _log_range(values: Iterable[float]) -> AxisRange:
    logs = [math.log10(value) for value in values if is_plottable(value) and value > ZERO]
    if not logs:
        return AxisRange(-1.0, 0.0)
    low, high = min(logs), max(logs)
    margin = _LOG_MARGIN * (high - low) or 0.1
    return AxisRange(low - margin, high + margin)


def _log_ticks(axis: AxisRange, max_count: int) -> list[float]:
    """Powers of ten; 1, 2 and 5 times these; or, on less of the axis, round values at even distances."""
    decades = range(math.floor(axis.low), math.ceil(axis.high) + 1)
    for factors in ((1,), (1, 2, 5)):
        ticks = [factor * 10.0**power for power in decades for factor in factors]
        ticks = [tick for tick in ticks if axis.low <= math.log10(tick) <= axis.high]
        if len(ticks) >= min(MIN_LOG_TICKS, max_count):
            return ticks[:: -(-len(ticks) // max_count)]
    return [tick for tick in tick_values(AxisRange(10**axis.low, 10**axis.high), max_count) if tick > 0]
