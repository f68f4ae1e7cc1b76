"""The pixels that one iteration repaints: a bounding box, and a mask in it where that is not all of the box."""

from typing import NamedTuple

import numpy as np

from riptui.arrays import Image, Mask
from riptui.spec import Box


class Region(NamedTuple):
    """Some pixels of a frame."""

    box: Box
    """The smallest that holds them all."""
    mask: Mask | None = None
    """Which of the box's pixels, [height, width]; None: all of them."""

    @classmethod
    def of(cls, mask: Mask) -> "Region":
        """The pixels where the mask of a whole frame, with at least one pixel, is True."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        y, x = int(rows[0]), int(columns[0])
        box = Box(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)
        inside = mask[box.window]
        return cls(box) if inside.all() else cls(box, inside.copy())

    @property
    def pixels(self) -> int:
        """How many."""
        return self.box.width * self.box.height if self.mask is None else int(np.count_nonzero(self.mask))

    def in_frame(self, size: int) -> Mask:
        """The mask of a frame of size x size pixels."""
        whole = np.zeros((size, size), np.bool_)
        self.add_to(whole)
        return whole

    def add_to(self, mask: Mask) -> None:
        """Set the pixels in the mask of a whole frame, in place."""
        mask[self.box.window] |= True if self.mask is None else self.mask

    def count_missing(self, mask: Mask) -> int:
        """How many of the pixels are not set in the mask of a whole frame."""
        there = mask[self.box.window]
        return self.pixels - int(np.count_nonzero(there if self.mask is None else there & self.mask))

    def paste(self, source: Image, onto: Image) -> None:
        """Copy the pixels from one frame onto another, in place."""
        self.paste_patch(source[self.box.window], onto)

    def paste_patch(self, patch: Image, onto: Image) -> None:
        """Copy the pixels from a picture as large as the box onto a frame, in place."""
        if self.mask is None:
            onto[self.box.window] = patch
        else:
            onto[self.box.window][self.mask] = patch[self.mask]
