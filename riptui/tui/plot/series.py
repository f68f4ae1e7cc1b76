"""What a chart shows: named points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from riptui.tui.plot.axes import usable

SHAPES = "●▲■◆▼★►◄"
"""A shape for each colour, for those who cannot tell the colours apart. Filled: outlines are faint in small type."""


class Point(NamedTuple):
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
    color: int = 0
    """Which of the theme's series colours, from 0; they begin again after the last."""
    points_only: bool = False

    @property
    def shape(self) -> str:
        return SHAPES[self.color % len(SHAPES)]

    def points(self) -> Iterator[Point]:
        """Those that can be shown, in the order given."""
        blank = [None] * len(self.x)
        for x, y, low, high in zip(self.x, self.y, self.low or blank, self.high or blank, strict=False):
            if x is None or y is None or not usable(x) or not usable(y):
                continue
            if low is None or high is None or not usable(low) or not usable(high):
                low = high = y
            yield Point(x, y, low, high)
