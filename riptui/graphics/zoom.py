"""Zoom: which part of an image is shown in a room, and its box.

A screen pixel is, for half blocks, a half block.
"""

from dataclasses import dataclass
from math import ceil

from riptui.graphics.capabilities import GraphicsProtocol
from riptui.graphics.fit import MAX_CELLS, MAX_SIXEL_SIDE, PictureBox, fit
from riptui.graphics.sixel import BAND

ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""The zooms, in screen pixels per image pixel; another one fills the room."""


@dataclass(frozen=True)
class ZoomedPart:
    """The part of an image that is shown, in image pixels; its box; and the zoom, in screen pixels per image pixel."""

    left: int
    top: int
    width: int
    height: int
    box: PictureBox
    zoom: float

    @property
    def window(self) -> tuple[slice, slice]:
        """Index of the part's pixels: `image[part.window]`."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class PictureRoom:
    """The room for a picture: (columns, rows), (width, height) of a cell in pixels, and the protocol."""

    available: tuple[int, int]
    cell: tuple[int, int]
    protocol: GraphicsProtocol

    def fill(self, image: tuple[int, int]) -> ZoomedPart | None:
        """All of an image of (width, height) pixels, scaled to the room; None without room."""
        if min(*image, *self.available) < 1:
            return None
        if self.protocol not in ("kitty", "sixel"):
            box = fit(image, self.available, self.cell, "halfblock")
            return ZoomedPart(0, 0, *image, box, box.columns / image[0]) if box else None
        zoom = min(room / side for room, side in zip(self._pixels, image, strict=True))
        width, height = max(1, int(image[0] * zoom)), max(1, int(image[1] * zoom))
        box = self._box(width, height, smooth=zoom != int(zoom))
        return ZoomedPart(0, 0, *image, box, zoom)

    def show(self, image: tuple[int, int], zoom: float, centre: tuple[float, float]) -> ZoomedPart | None:
        """The part around a centre, (x, y) in image pixels, that fits at a zoom; None without room.

        At the image's edges the part is moved inside.
        """
        if min(*image, *self.available) < 1:
            return None
        sizes = [min(side, max(1, int(room / zoom))) for room, side in zip(self._pixels, image, strict=True)]
        height = max(1, int(self._whole_bands(round(sizes[1] * zoom)) / zoom))
        starts = [
            min(max(0, round(middle - size / 2)), side - size)
            for middle, size, side in zip(centre, (sizes[0], height), image, strict=True)
        ]
        box = self._box(max(1, round(sizes[0] * zoom)), max(1, round(height * zoom)))
        return ZoomedPart(starts[0], starts[1], sizes[0], height, box, zoom)

    def zooms(self, image: tuple[int, int]) -> list[float | None]:
        """The zooms to choose from, ascending; None is the one that fills the room. Below it there is 1:1 at most."""
        part = self.fill(image)
        if part is None:
            return [None]
        larger: list[float | None] = [zoom for zoom in ZOOMS if zoom > part.zoom * 1.05]
        return [*([1.0] if part.zoom > 1.05 else []), None, *larger]

    @property
    def _cell(self) -> tuple[int, int]:
        return self.cell if self.protocol in ("kitty", "sixel") else (1, 2)

    @property
    def _pixels(self) -> tuple[int, int]:
        """The room in screen pixels."""
        columns, rows = (min(count, MAX_CELLS) for count in self.available)
        width, height = columns * self._cell[0], rows * self._cell[1]
        if self.protocol == "sixel":
            return min(width, MAX_SIXEL_SIDE), min(height, MAX_SIXEL_SIDE) // BAND * BAND
        return width, height

    def _whole_bands(self, height: int) -> int:
        """A height in pixels, for sixel rounded down to whole bands within whole cells."""
        if self.protocol != "sixel":
            return height
        rows = min(ceil(height / self.cell[1]), self.available[1])
        return min(height, rows * self.cell[1] // BAND * BAND)

    def _box(self, width: int, height: int, *, smooth: bool = False) -> PictureBox:
        height = max(1, self._whole_bands(height))
        columns, rows = ceil(width / self._cell[0]), ceil(height / self._cell[1])
        return PictureBox(columns, rows, width, height, smooth)
