"""The text cells of a picture: half blocks, or kitty's placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from textual.geometry import Region

from riptui.graphics import kitty
from riptui.graphics.fit import PictureBox
from riptui.graphics.half_blocks import ColourDepth, shrink, to_half_blocks
from riptui.graphics.picture_cell import PictureCell
from riptui.graphics.rgb import RGBArray, RGBColour

if TYPE_CHECKING:
    from jaxtyping import Bool


class Canvas:
    """The cells of a picture's box. A new image changes only the cells that differ; the others keep their pixels."""

    def __init__(
        self, box: PictureBox, depth: ColourDepth, *, grey: bool = False, bottom_colour: RGBColour | None = None
    ) -> None:
        """grey: without colours. bottom_colour: of the last row of cells, if the pixels end within it."""
        self.box = box
        self.bottom_colour = bottom_colour
        self._depth, self._grey = depth, grey
        self._blocks = np.zeros((0, 0, 3), np.uint8)
        self._half_blocks: list[list[PictureCell]] = [[] for _ in range(box.rows)]
        self._placeholders: list[list[PictureCell]] = []
        self._has_placeholder: Bool[np.ndarray, "rows columns"] = np.zeros((box.rows, box.columns), bool)

    def draw(self, image: RGBArray, *, below_pixels: bool = False) -> Region | None:
        """Draw an image. Returns the smallest region with all changed cells, in cells; None if no cell changed.

        below_pixels: pixels stay on top of the cells, so placeholders are kept.
        """
        previous, self._blocks = self._blocks, shrink(image, self.box.columns, self.box.rows, grey=self._grey)
        if self.bottom_colour is not None:
            self._blocks = np.concatenate([self._blocks[:-2], np.full_like(self._blocks[-2:], self.bottom_colour)])
        if previous.shape == self._blocks.shape:
            differs = (previous != self._blocks).any(axis=-1)
            changed = differs[0::2] | differs[1::2]
        else:
            changed = np.ones_like(self._has_placeholder)
        ys, xs = np.flatnonzero(changed.any(axis=1)).tolist(), np.flatnonzero(changed.any(axis=0)).tolist()
        for y in ys:
            self._half_blocks[y] = to_half_blocks(self._blocks[2 * y : 2 * y + 2], self._depth)[0]
        if not below_pixels:
            self._has_placeholder &= ~changed
        return Region.from_corners(xs[0], ys[0], xs[-1] + 1, ys[-1] + 1) if ys else None

    def show_kitty_picture(self, number: int, background: str) -> None:
        """Put placeholders of kitty's picture of this number into all cells; `draw` replaces those that change.

        background: SGR parameters, as in `kitty.placeholders`.
        """
        self._placeholders = kitty.placeholders(number, self.box.columns, self.box.rows, background)
        self._has_placeholder[:] = True

    def rows(self, *, without_pixels: bool = False) -> list[list[PictureCell]]:
        """The rows of cells.

        without_pixels: half blocks only, where Textual will change colours: a placeholder's is its picture's number.
        """
        if without_pixels or not self._has_placeholder.any():
            return self._half_blocks
        if self._has_placeholder.all():
            return self._placeholders
        return [
            [placeholder if placed else block for block, placeholder, placed in zip(*row, strict=True)]
            for row in zip(self._half_blocks, self._placeholders, self._has_placeholder.tolist(), strict=True)
        ]
