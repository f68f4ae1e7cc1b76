"""Pictures as sixel: bands of six pixel rows, each with a line of characters per colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from riptui.graphics.rgb import RGBColour

if TYPE_CHECKING:
    from jaxtyping import UInt16

BAND = 6  # pixel rows
ROWS_BELOW = 2  # rows of cells; with fewer below a sixel picture xterm scrolls
_BITS = (1 << np.arange(BAND, dtype=np.uint8))[:, None]
_RUN = re.compile(rb"(.)\1{3,}")  # shorter runs are not worth a count
_FILLER = 256  # the index, not drawn, of the rows that fill up the last band


def encode(picture: Pillow.Image, background: RGBColour) -> str:
    """The sixel control string of a palette picture of at most 255 colours.

    The palette comes first, and every line selects its colour again: xterm garbles the first bands where the definition
    of a colour also selects it. Register 0 is the background, with which tmux fills the last row of cells.
    """
    width, height = picture.size
    indices = np.full((-(-height // BAND) * BAND, width), _FILLER, np.uint16)
    indices[:height] = np.asarray(picture, np.uint16) + 1
    bands = indices.reshape(-1, BAND, width)
    return "".join([f'\x1bP0;1q"1;1;{width};{height}', _palette(picture, background), *map(_band, bands), "\x1b\\"])


def _palette(picture: Pillow.Image, background: RGBColour) -> str:
    levels = [(level * 100 + 127) // 255 for level in (*background, *(picture.getpalette() or []))]
    colours = zip(levels[0::3], levels[1::3], levels[2::3], strict=True)
    return "".join(f"#{index};2;{r};{g};{b}" for index, (r, g, b) in enumerate(colours))


def _band(band: UInt16[np.ndarray, "6 width"]) -> str:
    colours = np.unique(band)
    colours = colours[colours != _FILLER]
    sixels = ((band == colours[:, None, None]) * _BITS).sum(axis=1, dtype=np.uint8) + ord("?")
    lines = [_colour_line(colour, row.tobytes()) for colour, row in zip(colours.tolist(), sixels, strict=True)]
    return b"$".join(lines).decode("ascii") + "-"


def _colour_line(colour: int, row: bytes) -> bytes:
    return b"#%d" % colour + _RUN.sub(_run_length, row.rstrip(b"?"))


def _run_length(run: re.Match[bytes]) -> bytes:
    return b"!%d%b" % (run.end() - run.start(), run[1])
