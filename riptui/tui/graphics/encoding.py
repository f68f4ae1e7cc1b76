"""Pictures as the bytes that a protocol sends, made in one thread beside the UI's and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from PIL import Image as Pillow

from riptui.tui.graphics import kitty, sixel
from riptui.tui.graphics.budget import PictureBudget
from riptui.tui.graphics.capabilities import GraphicsProtocol
from riptui.tui.graphics.fit import PictureBox
from riptui.tui.graphics.rgb import RGBArray

MAX_CACHED_CHARACTERS = 16_000_000  # characters of encoded pictures: a few hundred


@dataclass(frozen=True)
class EncodeRequest:
    """How a picture is to be shown: in which place, with cells of how many pixels, on what background."""

    protocol: GraphicsProtocol
    box: PictureBox
    cell: tuple[int, int]
    background: tuple[int, int, int]
    budget: PictureBudget


class Encoder:
    """One thread, so that pictures neither crowd out each other nor the UI; the last ones are kept encoded."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._cache: OrderedDict[tuple[bytes, EncodeRequest], str] = OrderedDict()  # touched by that thread only
        self._cached_characters = 0

    async def encode(self, image: RGBArray, request: EncodeRequest) -> str:
        """The picture as characters. Cancel it and it is not begun."""
        return await asyncio.wrap_future(self._thread.submit(self._encode, image, request))

    def _encode(self, image: RGBArray, request: EncodeRequest) -> str:
        key = blake2b(image.tobytes(), digest_size=16).digest() + bytes(str(image.shape), "ascii"), request
        if key not in self._cache:
            self._cache[key] = encode(image, request)
            self._cached_characters += len(self._cache[key])
        self._cache.move_to_end(key)
        while self._cached_characters > MAX_CACHED_CHARACTERS and len(self._cache) > 1:
            self._cached_characters -= len(self._cache.popitem(last=False)[1])
        return self._cache[key]


def encode(image: RGBArray, request: EncodeRequest) -> str:
    """For sixel the control string, for kitty the PNG in base64: no larger than the picture is shown."""
    if request.protocol == "kitty":
        return kitty.encode(quantize(_scale_for_kitty(image, request), request.budget.kitty_colours))
    return sixel.encode(quantize(_pad_for_sixel(image, request), request.budget.sixel_colours), request.background)


def quantize(image: RGBArray, colours: int) -> Pillow.Image:
    """The image in so many colours (2 to 256). The second pass finds the nearest and halves the error for 1.5 ms."""
    picture = Pillow.fromarray(image)
    palette = picture.quantize(colours, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    return picture.quantize(palette=palette, dither=Pillow.Dither.NONE)


def _scale_for_kitty(image: RGBArray, request: EncodeRequest) -> RGBArray:
    """The picture as kitty gets it, which scales what is smaller than its place."""
    width, height = request.box.width, request.box.height
    if width > image.shape[1]:  # blown up here, because kitty would blur it; such a PNG is small
        return _resize(image, width, height)
    scale = min(1, request.budget.kitty_side / max(width, height))
    return _resize(image, max(1, round(width * scale)), max(1, round(height * scale)))


def _pad_for_sixel(image: RGBArray, request: EncodeRequest) -> RGBArray:
    """The picture in the middle of the columns of its box, and of as many whole bands as go into its rows.

    What is left of the last row, at most five pixels, is blank: the canvas of half blocks leaves it so.
    """
    box, (cell_width, cell_height) = request.box, request.cell
    bands = box.rows * cell_height // sixel.BAND
    canvas = np.full((max(1, bands) * sixel.BAND, box.columns * cell_width, 3), request.background, np.uint8)
    height = min(box.height, len(canvas))
    top, left = (len(canvas) - height) // 2, (canvas.shape[1] - box.width) // 2
    canvas[top : top + height, left : left + box.width] = _resize(image, box.width, height)
    return canvas


def _resize(image: RGBArray, width: int, height: int) -> RGBArray:
    if image.shape[:2] == (height, width):
        return image
    blown_up = width > image.shape[1]
    resampling = Pillow.Resampling.NEAREST if blown_up else Pillow.Resampling.HAMMING  # sharp, and does not ring
    return np.asarray(Pillow.fromarray(image).resize((width, height), resampling))
