"""What a chart shows: named points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from riptui.tui.plot.axes import is_plottable

SHAPES = "●▲■◆▼★►◄"
"""A shape for each colour, for those who cannot tell the colours apart. Filled: outlines are faint in small type."""


class SeriesPoint(NamedTuple):
    x: float
    y: float
    low: float
    """Ends of the error bar; both are y where there is none."""
    high: float


@dataclass(frozen=True)
class Series:
    """Points with one colour, joined by straight lines. Points whose x or y is not finite or None are left out."""

    name: str
    """In the legend; "" leaves it out there."""
    x: Sequence[float | None]
    y: Sequence[float | None]
    low: Sequence[float | None] | None = None
    """Lower ends of error bars, e.g. mean - sd; where an end is not finite or None there is no bar."""
    high: Sequence[float | None] | None = None
    colour: int = 0
    """Which of the theme's series colours, from 0; they begin again after the last."""
    points_only: bool = False

    @property
    def shape(self) -> str:
        return SHAPES[self.colour % len(SHAPES)]

    def points(self) -> Iterator[SeriesPoint]:
        """Those that can be shown, in the order given."""
        missing = [None] * len(self.x)
        for x, y, low, high in zip(self.x, self.y, self.low or missing, self.high or missing, strict=False):
            if x is None or y is None or not is_plottable(x) or not is_plottable(y):
                continue
            if low is None or high is None or not is_plottable(low) or not is_plottable(high):
                low = high = y
            yield SeriesPoint(x, y, low, high)
