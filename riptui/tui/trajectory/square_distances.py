"""The distances of the squares (NAME@squares) that the masks pane can colour its grid by."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from riptui.metrics.display import format_short, in_display_order, metric_title
from riptui.metrics.values import SquareValues
from riptui.spec import Spec
from riptui.text.units import format_inpainted

StoredSquares = Mapping[int, Mapping[str, SquareValues]]
"""As a trajectory stores them: by iteration and metric."""


class SquareDistances(NamedTuple):
    """The distances of one frame's squares by one metric."""

    metric: str
    k: int
    """The frame: the last one with stored squares up to the one that is shown."""
    values: SquareValues
    greatest: float
    """The largest distance at any stored frame: a colour scale that is the same for every k."""

    def shrink(self, side: int) -> Sequence[Sequence[float]]:
        """The places on the colour scale, 0 to 1, in a grid of side x side; neighbours of a finer grid are averaged,
        and those of a coarser one are repeated."""
        if side > len(self.values):
            times = side // len(self.values)
            coarse = self.shrink(len(self.values))
            return [[value for value in row for _ in range(times)] for row in coarse for _ in range(times)]
        merged = -(-len(self.values) // side)
        parts = [slice(start, start + merged) for start in range(0, merged * side, merged)]
        rows = [[fmean(value for row in self.values[y] for value in row[x]) for x in parts] for y in parts]
        return [[value / (self.greatest or 1) for value in row] for row in rows]

    def summary(self, spec: Spec) -> list[tuple[str, str]]:
        """What the colours are: names and values."""
        return [
            ("colour", metric_title(self.metric)),
            ("  at", format_inpainted(spec.inpainted(self.k))),
            ("  up to", format_short(self.greatest)),
        ]


def stored_metrics(stored: StoredSquares) -> list[str]:
    """The metrics that squares are stored of, in their order."""
    return in_display_order(name for squares in stored.values() for name in squares)


def find_distances(stored: StoredSquares, metric: str, spec: Spec, k: int) -> SquareDistances | None:
    """The distances to colour frame k by; None if there are none up to it. Values of another grid are ignored."""
    shape = [spec.size // spec.mask] * (spec.size // spec.mask)
    found = {
        number: squares[metric]
        for number, squares in stored.items()
        if [len(row) for row in squares.get(metric, ())] == shape
    }
    reached = max((number for number in found if number <= k), default=None)
    if reached is None:
        return None
    greatest = max(value for values in found.values() for row in values for value in row)
    return SquareDistances(metric, reached, found[reached], greatest)
