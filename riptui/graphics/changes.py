"""Which parts of two images differ, as a few rectangles: what must be sent to update a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riptui.graphics.rgb import RGBArray

if TYPE_CHECKING:
    from jaxtyping import Bool

BLOCK = 8  # pixels; squares of masks lie on multiples of 8
MAX_PARTS = 8
MAX_AREA = 0.6  # of the image; beyond it a whole picture is hardly larger than its parts


class ImagePart(NamedTuple):
    """A rectangle in pixels; (right, bottom) is just outside."""

    left: int
    top: int
    right: int
    bottom: int


def changed_parts(before: RGBArray, after: RGBArray) -> list[ImagePart] | None:
    """Rectangles that cover all differences of two images of one shape; None: more than MAX_PARTS, or than MAX_AREA.

    Empty for equal images. Edges are multiples of BLOCK, or the image's.
    """
    blocks = _changed_blocks(before, after)
    if blocks.mean() > MAX_AREA:
        return None
    height, width = after.shape[:2]
    parts: list[ImagePart] = []
    while blocks.any():
        if len(parts) == MAX_PARTS:
            return None
        top, left, bottom, right = _take_rectangle(blocks)
        parts.append(ImagePart(left * BLOCK, top * BLOCK, min(right * BLOCK, width), min(bottom * BLOCK, height)))
    return parts


def _changed_blocks(before: RGBArray, after: RGBArray) -> Bool[np.ndarray, "rows columns"]:
    differs = (before != after).any(axis=-1)
    height, width = differs.shape
    padded = np.pad(differs, ((0, -height % BLOCK), (0, -width % BLOCK)))
    rows, columns = padded.shape[0] // BLOCK, padded.shape[1] // BLOCK
    blocks: Bool[np.ndarray, "rows columns"] = np.any(padded.reshape(rows, BLOCK, columns, BLOCK), axis=(1, 3))
    return blocks


def _take_rectangle(blocks: Bool[np.ndarray, "rows columns"]) -> tuple[int, int, int, int]:
    """Clear a rectangle around the first changed block and those that touch it.

    Returns (top, left, bottom, right) in blocks.
    """
    top, left = divmod(int(blocks.argmax()), blocks.shape[1])
    bottom, right = top + 1, left + 1
    while True:  # grow it as long as a neighbour on any side has changed
        grown = (
            top - bool(top and blocks[top - 1, left:right].any()),
            left - bool(left and blocks[top:bottom, left - 1].any()),
            bottom + bool(bottom < blocks.shape[0] and blocks[bottom, left:right].any()),
            right + bool(right < blocks.shape[1] and blocks[top:bottom, right].any()),
        )
        if grown == (top, left, bottom, right):
            break
        top, left, bottom, right = grown
    blocks[top:bottom, left:right] = False
    return top, left, bottom, right
