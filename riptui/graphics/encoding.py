"""Encode pictures for a protocol, in one thread besides the UI's, with a cache."""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from PIL import Image as Pillow

from riptui.graphics import kitty, sixel
from riptui.graphics.budget import PictureBudget
from riptui.graphics.capabilities import GraphicsProtocol
from riptui.graphics.fit import PictureBox
from riptui.graphics.rgb import RGBArray, RGBColour

MAX_CACHED_CHARACTERS = 16_000_000  # a few hundred pictures


@dataclass(frozen=True)
class EncodeRequest:
    """How to encode a picture: protocol, box, pixels of a cell, background, limits."""

    protocol: GraphicsProtocol
    box: PictureBox
    cell: tuple[int, int]
    background: RGBColour
    budget: PictureBudget


class Encoder:
    """Encodes in one thread, so that pictures do not slow the UI; caches the newest ones."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._cache: OrderedDict[tuple[bytes, EncodeRequest], str] = OrderedDict()  # used by that thread only
        self._cached_characters = 0

    async def encode(self, image: RGBArray, request: EncodeRequest) -> str:
        """Encode a picture; cancel it to drop it from the queue."""
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
    """The sixel control string, or kitty's PNG in base64, no larger than the picture is shown."""
    if request.protocol == "kitty":
        return kitty.encode(quantize(_scale_for_kitty(image, request), request.budget.kitty_colours))
    return sixel.encode(quantize(_pad_for_sixel(image, request), request.budget.sixel_colours), request.background)


def quantize(image: RGBArray, colours: int) -> Pillow.Image:
    """Reduce an image to so many colours (2 to 256). The second pass halves the error for 1.5 ms."""
    picture = Pillow.fromarray(image)
    palette = picture.quantize(colours, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    return picture.quantize(palette=palette, dither=Pillow.Dither.NONE)


def _scale_for_kitty(image: RGBArray, request: EncodeRequest) -> RGBArray:
    """The picture as sent to kitty, which scales it up to its box."""
    width, height = request.box.width, request.box.height
    if width > image.shape[1]:  # scaled up here, because kitty would blur it; such a PNG is small
        return resize(image, width, height)
    scale = min(1, request.budget.kitty_side / max(width, height))
    return resize(image, max(1, round(width * scale)), max(1, round(height * scale)))


def _pad_for_sixel(image: RGBArray, request: EncodeRequest) -> RGBArray:
    """The picture, centred in the columns of its box and in as many whole bands as fit into its rows.

    The rest of the last row, at most five pixels, is left blank, as by the canvas of half blocks.
    """
    box, (cell_width, cell_height) = request.box, request.cell
    bands = box.rows * cell_height // sixel.BAND
    canvas = np.full((max(1, bands) * sixel.BAND, box.columns * cell_width, 3), request.background, np.uint8)
    height = min(box.height, len(canvas))
    top, left = (len(canvas) - height) // 2, (canvas.shape[1] - box.width) // 2
    canvas[top : top + height, left : left + box.width] = resize(image, box.width, height)
    return canvas


def resize(image: RGBArray, width: int, height: int) -> RGBArray:
    """Resize an image to so many pixels: sharp squares where it grows, means where it shrinks."""
    if image.shape[:2] == (height, width):
        return image
    scaled_up = width > image.shape[1]
    resampling = Pillow.Resampling.NEAREST if scaled_up else Pillow.Resampling.HAMMING  # sharp, without ringing
    return np.asarray(Pillow.fromarray(image).resize((width, height), resampling))
