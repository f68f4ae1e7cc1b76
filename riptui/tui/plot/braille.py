"""Dots finer than a character: a braille pattern has two columns of four dots."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from itertools import pairwise
from math import isfinite
from operator import or_
from typing import TypeVar

T = TypeVar("T")

DOTS_ACROSS = 2
DOTS_DOWN = 4

_BLANK_PATTERN = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # Unicode's numbering of the eight dots


class BrailleDots:
    """Dots of several colours. A character has one colour: series that overlap take turns along a row.

    x from 0 at the left to 2 * width - 1, y from 0 at the top to 4 * height - 1; dots outside are ignored.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._cells: dict[tuple[int, int], dict[int, int]] = {}  # by column and row: the dots of each colour

    def set_dot(self, x: int, y: int, colour: int) -> None:
        if 0 <= x < DOTS_ACROSS * self.width and 0 <= y < DOTS_DOWN * self.height:
            dots = self._cells.setdefault((x // DOTS_ACROSS, y // DOTS_DOWN), {})
            dots[colour] = dots.get(colour, 0) | _BITS[y % DOTS_DOWN][x % DOTS_ACROSS]

    def draw_line(self, start: tuple[int, int], end: tuple[int, int], colour: int) -> None:
        """Draw a straight line, including both ends."""
        (x, y), (x_end, y_end) = start, end
        steps = max(abs(x_end - x), abs(y_end - y))
        for step in range(steps + 1):
            share = step / steps if steps else 0.0
            self.set_dot(round(x + share * (x_end - x)), round(y + share * (y_end - y)), colour)

    def cells(self) -> Iterator[tuple[int, int, str, int]]:
        """Column, row, character and colour of every cell with a dot."""
        for (column, row), dots in self._cells.items():
            bits = reduce(or_, dots.values())
            yield column, row, chr(_BLANK_PATTERN + bits), take_turn(sorted(dots), column + row)


def thin_line(values: Sequence[float], width: int) -> str:
    """A line of one row through the newest finite values, between their least and largest; two fit in a character."""
    drawn = [value for value in values if isfinite(value)][-DOTS_ACROSS * width :]
    if len(drawn) < 2:
        return " " * width
    low, span = min(drawn), (max(drawn) - min(drawn)) or 1.0
    return _join(tuple(round((DOTS_DOWN - 1) * (1 - (value - low) / span)) for value in drawn), width)


@lru_cache(maxsize=1024)
def _join(heights: Sequence[int], width: int) -> str:
    """A line of one row through dots, by their distance from the top."""
    dots = BrailleDots(width, 1)
    for x, (start, end) in enumerate(pairwise(heights)):
        dots.draw_line((x, start), (x + 1, end), 0)
    characters = {column: character for column, _, character, _ in dots.cells()}
    return "".join(characters.get(column, " ") for column in range(width))


def take_turn(items: Sequence[T], index: int) -> T:
    """The item shown at a position, of those that would hide each other there."""
    return items[index % len(items)]
