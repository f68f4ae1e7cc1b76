"""Irregular masks as LaMa's authors drew them to test it (Suvorov et al. 2022): thin, medium and thick.

Their recipe for pictures of 512 px: either some broken lines, each of up to five strokes of a random angle, length and
width, or some rectangles; and drawn anew if more than half of the picture is repainted. Here lengths grow with the
picture, and strokes are drawn on tiles of 8 px: a tile is repainted if the stroke comes within half a tile of its
middle. All in whole numbers but for a few sines, so that every machine draws alike.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from riptui.arrays import Mask
from riptui.tile_runs import TILE_PX

RECIPE_PX = 512  # the pictures that the lengths below are for
MAX_SHARE = 0.5  # of the picture, repainted by a mask
MIN_LENGTH, MIN_WIDTH, MAX_STROKES = 10, 5, 5
MIN_SIDE = 30  # px of a rectangle
ANGLES = tuple(sign * (0.01 + turn) for turn in range(4) for sign in (-1, 1))
WORDS = 2048
"""Random words that a mask takes at most."""

Draw = Callable[[int, int], int]
"""A whole number from the first to the second, both included."""


@dataclass(frozen=True)
class LamaRecipe:
    """Numbers of lines and rectangles, and lengths in px."""

    lines: tuple[int, int]
    length: int
    width: int
    rectangle_share: float
    """Of the masks, made of rectangles."""
    rectangles: tuple[int, int] = (0, 0)
    side: int = 0
    margin: int = 0


RECIPES = {
    "lama-thin": LamaRecipe((4, 71), 100, 20, 0.0),
    "lama-medium": LamaRecipe((4, 11), 200, 100, 0.3 / 1.3, (1, 5), 150, 0),
    "lama-thick": LamaRecipe((1, 6), 450, 250, 0.3 / 1.3, (1, 4), 300, 10),
}


def draw_lama_mask(recipe: LamaRecipe, size: int, words: Callable[[int], list[int]]) -> Mask:
    """A mask of tiles, [size / 8, size / 8]. `words`: random 64-bit words of an attempt, from 0, of `WORDS` each."""
    for attempt in range(1000):
        mask = _draw_once(recipe, size, _make_draw(words(attempt)))
        if 0 < np.count_nonzero(mask) <= MAX_SHARE * mask.size:
            return mask
    raise AssertionError("a thousand masks in a row were too large")


def _make_draw(words: list[int]) -> Draw:
    unused = iter(words)
    return lambda low, high: low + (next(unused) * (high + 1 - low) >> 64)


def _draw_once(recipe: LamaRecipe, size: int, draw: Draw) -> Mask:
    mask = np.zeros((size // TILE_PX, size // TILE_PX), np.bool_)
    of_rectangles = draw(0, 10**6 - 1) < recipe.rectangle_share * 10**6
    parts = _rectangles(recipe, size, draw) if of_rectangles else _strokes(recipe, size, draw)
    for part in parts:
        part(mask)
    return mask


def _strokes(recipe: LamaRecipe, size: int, draw: Draw) -> Iterator[Callable[[Mask], None]]:
    for line in range(draw(*recipe.lines)):
        start = draw(0, size - 1), draw(0, size - 1)
        for _ in range(draw(1, MAX_STROKES)):
            angle = ANGLES[2 * draw(0, 3) + line % 2]
            length = _scale(draw(MIN_LENGTH, MIN_LENGTH + recipe.length - 1), size)
            width = _scale(draw(MIN_WIDTH, MIN_WIDTH + recipe.width - 1), size)
            steps = length * math.sin(angle), length * math.cos(angle)
            end = tuple(min(size, max(0, place + int(step))) for place, step in zip(start, steps, strict=True))
            yield _Stroke(start, (end[0], end[1]), width)
            start = end[0], end[1]


def _rectangles(recipe: LamaRecipe, size: int, draw: Draw) -> Iterator[Callable[[Mask], None]]:
    for _ in range(draw(*recipe.rectangles)):
        width, height = (_scale(draw(MIN_SIDE, recipe.side), size) for _ in range(2))
        margin = _scale(recipe.margin, size)
        x, y = draw(margin, size - margin - width), draw(margin, size - margin - height)
        yield _Rectangle(x, y, width, height)


def _scale(length: int, size: int) -> int:
    return length * size // RECIPE_PX


@dataclass(frozen=True)
class _Stroke:
    start: tuple[int, int]
    end: tuple[int, int]
    width: int

    def __call__(self, mask: Mask) -> None:
        """Repaint the tiles whose middle is within half the width and half a tile of the line."""
        columns, rows = (
            slice(max(0, (min(ends) - self.width) // TILE_PX), (max(ends) + self.width) // TILE_PX + 1)
            for ends in zip(self.start, self.end, strict=True)
        )
        near = mask[rows, columns]
        y, x = np.indices(near.shape) * TILE_PX + TILE_PX // 2
        y, x = y + rows.start * TILE_PX, x + columns.start * TILE_PX
        dx, dy = self.end[0] - self.start[0], self.end[1] - self.start[1]
        from_start_x, from_start_y = x - self.start[0], y - self.start[1]
        along, length = from_start_x * dx + from_start_y * dy, dx * dx + dy * dy
        to_start = from_start_x**2 + from_start_y**2
        to_end = (x - self.end[0]) ** 2 + (y - self.end[1]) ** 2
        reach = (self.width + TILE_PX) ** 2  # of twice the distance
        beside = (along >= 0) & (along <= length) & (length > 0)
        across = from_start_x * dy - from_start_y * dx
        near |= (4 * np.minimum(to_start, to_end) <= reach) | (beside & (4 * across**2 <= reach * length))


@dataclass(frozen=True)
class _Rectangle:
    x: int
    y: int
    width: int
    height: int

    def __call__(self, mask: Mask) -> None:
        """Repaint the tiles that it touches."""
        rows, columns = (
            slice(start // TILE_PX, -(-(start + length) // TILE_PX))
            for start, length in ((self.y, self.height), (self.x, self.width))
        )
        mask[rows, columns] = True
