"""Series: the named points that a chart shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from riptui.tui.plot.axes import is_plottable

SHAPES = "●▲■◆▼★►◄"
"""A shape per colour, for people who cannot tell the colours apart. Filled: outlines are faint in small type."""


class SeriesPoint(NamedTuple):
    x: float
    y: float
    low: float  # ends of the error bar; both are y if there is none
    high: float


@dataclass(frozen=True)
class Series:
    """Points of one colour, joined by straight lines. Points whose x or y is None or not finite are left out."""

    name: str
    """Shown in the legend, unless ""."""
    x: Sequence[float | None]
    y: Sequence[float | None]
    low: Sequence[float | None] | None = None
    """Lower ends of error bars, e.g. mean - sd; no bar if an end is None or not finite."""
    high: Sequence[float | None] | None = None
    colour: int = 0
    """The index of a series colour of the theme; repeats after the last."""
    points_only: bool = False
    source: str = ""
    """The trajectory that it is of, if it is of one; not drawn."""
    counts: Sequence[int] | None = None
    """How many images each point is a mean of; not drawn."""

    signed: bool = False
    """Whether values may be negative, so that error bars are shown below 0 although no value is there."""

    @property
    def shape(self) -> str:
        return SHAPES[self.colour % len(SHAPES)]

    def points(self) -> Iterator[SeriesPoint]:
        """The points that can be shown, in the given order."""
        missing = [None] * len(self.x)
        for x, y, low, high in zip(self.x, self.y, self.low or missing, self.high or missing, strict=False):
            if x is None or y is None or not is_plottable(x) or not is_plottable(y):
                continue
            if low is None or high is None or not is_plottable(low) or not is_plottable(high):
                low = high = y
            yield SeriesPoint(x, y, low, high)
