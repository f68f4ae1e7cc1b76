"""The text below a picture: half blocks, some of them replaced by kitty's placeholders."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool
from textual.geometry import Region

from riptui.arrays import Image
from riptui.tui.graphics import kitty
from riptui.tui.graphics.cells import Cell, Depth, half_blocks, shrunk
from riptui.tui.graphics.fit import Box


class Canvas:
    """The cells of one box. A new image changes those that look different and leaves the others their pixels."""

    def __init__(
        self, box: Box, depth: Depth, *, grey: bool = False, below: tuple[int, int, int] | None = None
    ) -> None:
        """below: the colour of the last row, where pixels end before that row does and none of it may be seen."""
        self.box = box
        self.below = below
        self._depth, self._grey = depth, grey
        self._blocks = np.zeros((0, 0, 3), np.uint8)
        self._half_blocks: list[list[Cell]] = [[] for _ in range(box.rows)]
        self._placeholders: list[list[Cell]] = []
        self._placed: Bool[np.ndarray, "rows columns"] = np.zeros((box.rows, box.columns), bool)

    def draw(self, image: Image) -> Region | None:
        """Put an image in. Returns the cells that look different now, None where none does."""
        before, self._blocks = self._blocks, shrunk(image, self.box.columns, self.box.rows, grey=self._grey)
        if self.below is not None:
            self._blocks = np.concatenate([self._blocks[:-2], np.full_like(self._blocks[-2:], self.below)])
        if before.shape == self._blocks.shape:
            differs = (before != self._blocks).any(axis=-1)
            changed = differs[0::2] | differs[1::2]
        else:
            changed = np.ones_like(self._placed)
        ys, xs = np.flatnonzero(changed.any(axis=1)).tolist(), np.flatnonzero(changed.any(axis=0)).tolist()
        for y in ys:
            self._half_blocks[y] = half_blocks(self._blocks[2 * y : 2 * y + 2], self._depth)[0]
        self._placed &= ~changed
        return Region.from_corners(xs[0], ys[0], xs[-1] + 1, ys[-1] + 1) if ys else None

    def place(self, number: int, background: str) -> None:
        """Show kitty's picture of this number in all cells, until `draw` changes them."""
        self._placeholders = kitty.placeholders(number, self.box.columns, self.box.rows, background)
        self._placed[:] = True

    def rows(self, *, without_pixels: bool = False) -> list[list[Cell]]:
        """The cells as they are to be written. Half blocks only, where colours may not carry a picture's number."""
        if without_pixels or not self._placed.any():
            return self._half_blocks
        if self._placed.all():
            return self._placeholders
        return [
            [placeholder if placed else block for block, placeholder, placed in zip(*row, strict=True)]
            for row in zip(self._half_blocks, self._placeholders, self._placed.tolist(), strict=True)
        ]
