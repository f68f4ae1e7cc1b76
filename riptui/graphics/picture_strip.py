"""A row of a picture for Textual, written with our own escape codes.

Rich's segments are made only where Textual needs them: under a modal, or for a screenshot.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from riptui.graphics.half_blocks import to_escape_codes
from riptui.graphics.picture_cell import PictureCell


class PictureStrip(Strip):
    """A row of a picture, a segment per cell. `painted` is called whenever Textual writes any part of it."""

    __slots__ = ("_cells", "_painted")

    def __init__(self, cells: Sequence[PictureCell], painted: Callable[[], None] | None = None) -> None:
        super().__init__((), len(cells))
        self._cells, self._painted = cells, painted
        del self._segments  # made lazily by __getattr__

    def __getattr__(self, name: str) -> Any:
        if name != "_segments":
            raise AttributeError(name)
        self._segments = [Segment(text, _style(ink, paper)) for text, ink, paper in self._cells]
        return self._segments

    def crop(self, start: int, end: int | None = None) -> Strip:
        return self if start <= 0 and (end is None or end >= len(self._cells)) else self._part(max(0, start), end)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        ends = [cut for cut in cuts if cut <= len(self._cells)]
        return [self] if ends == [len(self._cells)] else [self._part(*part) for part in pairwise([0, *ends])]

    def render(self, console: Console) -> str:
        if self._painted:
            self._painted()
        return to_escape_codes(self._cells)

    def _part(self, start: int, end: int | None) -> "PictureStrip":
        return PictureStrip(self._cells[start:end], self._painted)


@lru_cache(maxsize=8192)
def _style(foreground: str, background: str) -> Style:
    return Style.from_color(_color(foreground), _color(background))


def _color(code: str) -> Color | None:
    if not code:
        return None
    kind, *rest = (int(part) for part in code.split(";"))
    if rest:
        return Color.from_rgb(*rest[1:]) if rest[0] == 2 else Color.from_ansi(rest[1])
    return Color.from_ansi(kind % 10 + (8 if kind >= 90 else 0))
