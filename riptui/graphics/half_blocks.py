"""Pictures as half blocks: text cells of two pixels each, and their escape codes.

A cell takes Rich 14 microseconds and our own escape codes one (measured): that decides how fast frames can be stepped
through.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image as Pillow

from riptui.graphics.picture_cell import PictureCell
from riptui.graphics.rgb import RGBArray, RGBColour

if TYPE_CHECKING:
    from jaxtyping import UInt8

ColourDepth = Literal["truecolor", "256", "standard"]


def to_escape_codes(cells: Sequence[PictureCell]) -> str:
    """A row of cells as text with escape codes, which are written only where a colour changes and reset at the end.

    Kitty's placeholders are cells too.
    """
    parts = []
    ink, paper = "", ""
    for text, foreground, background in cells:
        changed = [code for code, old in ((foreground, ink), (background, paper)) if code != old and code]
        if (ink and not foreground and text != " ") or (paper and not background):
            changed = ["0", *(code for code in (foreground, background) if code)]
            ink = ""
        if changed:
            parts.append(f"\x1b[{';'.join(changed)}m")
        ink, paper = foreground or ink, background
        parts.append(text)
    return "".join([*parts, "\x1b[0m"])


def to_half_blocks(image: RGBArray, depth: ColourDepth) -> list[list[PictureCell]]:
    """The rows of cells of an image of even height: the upper pixel is the foreground, the lower the background."""
    inks, papers = _sgr_codes(image[0::2], depth, 38), _sgr_codes(image[1::2], depth, 48)
    same = (image[0::2] == image[1::2]).all(axis=-1).tolist()
    return [
        [
            PictureCell(" ", "", paper) if blank else PictureCell("▀", ink, paper)
            for ink, paper, blank in zip(*row, strict=True)
        ]
        for row in zip(inks, papers, same, strict=True)
    ]


def solid_cell(colour: RGBColour, depth: ColourDepth) -> PictureCell:
    """A blank cell of a background colour."""
    return PictureCell(" ", "", _sgr_codes(np.array([[colour]], np.uint8), depth, 48)[0][0])


def shrink(image: RGBArray, columns: int, rows: int, *, grey: bool = False) -> RGBArray:
    """Resize an image to two pixels per cell, one above the other: by means, or to sharp squares. grey: by its luma."""
    size = columns, rows * 2
    if image.shape[:2] == size[::-1] and not grey:
        return image
    scaled_up = image.shape[1] <= size[0] and image.shape[0] <= size[1]
    small = Pillow.fromarray(image).resize(size, Pillow.Resampling.NEAREST if scaled_up else Pillow.Resampling.BOX)
    return np.asarray(small.convert("L").convert("RGB") if grey else small)


def _sgr_codes(pixels: RGBArray, depth: ColourDepth, sgr_base: Literal[38, 48]) -> list[list[str]]:
    """The SGR parameters of each pixel's colour, as foreground (sgr_base 38) or background (48)."""
    if depth == "truecolor":
        return [[f"{sgr_base};2;{r};{g};{b}" for r, g, b in row] for row in pixels.tolist()]
    palette_codes = _palette_codes(depth, sgr_base)
    return [[palette_codes[index] for index in row] for row in _nearest_colours(pixels, depth).tolist()]


@cache
def _palette_codes(depth: ColourDepth, sgr_base: Literal[38, 48]) -> list[str]:
    if depth == "256":
        return [f"{sgr_base};5;{index}" for index in range(256)]
    return [str(index + sgr_base - 8 if index < 8 else index - 8 + sgr_base + 52) for index in range(16)]


def _nearest_colours(pixels: RGBArray, depth: ColourDepth) -> UInt8[np.ndarray, "height width"]:
    """The palette index of each pixel's nearest colour, found by the upper four bits of each channel."""
    r, g, b = (pixels[..., channel].astype(np.uint16) >> 4 for channel in range(3))
    indices: UInt8[np.ndarray, "height width"] = _nearest_colour_table(depth)[r << 8 | g << 4 | b]
    return indices


@cache
def _nearest_colour_table(depth: ColourDepth) -> UInt8[np.ndarray, " 4096"]:
    palette, first = (_XTERM_256[16:], 16) if depth == "256" else (_XTERM_256[:16], 0)
    code = np.arange(4096)
    colours = np.stack([code >> 8, code >> 4 & 15, code & 15], axis=-1) * 17
    distance = ((colours[:, None] - np.array(palette)) ** 2).sum(axis=-1)
    nearest: UInt8[np.ndarray, " 4096"] = (distance.argmin(axis=1) + first).astype(np.uint8)
    return nearest


_LEVELS = (0, 95, 135, 175, 215, 255)
_XTERM_256 = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)),
    (255, 255, 255),
    *((r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS),
    *((8 + 10 * step,) * 3 for step in range(24)),
)
