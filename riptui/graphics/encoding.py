"""Encode pictures for a protocol, in one thread besides the UI's, with a cache."""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from riptui.graphics import kitty, sixel
from riptui.graphics.budget import PictureBudget
from riptui.graphics.capabilities import GraphicsProtocol
from riptui.graphics.changes import ImagePart
from riptui.graphics.fit import PictureBox
from riptui.graphics.rgb import RGBArray, RGBColour

MARGIN_PIXELS = 3  # around a part that is sent alone: what scaling mixes with its neighbours
MAX_CACHED_CHARACTERS = 16_000_000  # a few hundred pictures


@dataclass(frozen=True)
class EncodeRequest:
    """How to encode a picture: protocol, box, pixels of a cell, background, limits."""

    protocol: GraphicsProtocol
    box: PictureBox
    cell: tuple[int, int]
    background: RGBColour
    budget: PictureBudget


@dataclass(frozen=True)
class EncodedPart:
    """A part of a picture: where it begins, in cells (sixel) or in pixels as sent (kitty), its size in pixels."""

    x: int
    y: int
    width: int
    height: int
    data: str


class Encoder:
    """Encodes in one thread, so that pictures do not slow the UI; caches the newest ones."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._cache: OrderedDict[tuple[bytes, EncodeRequest], str] = OrderedDict()  # used by that thread only
        self._cached_characters = 0

    async def encode(self, image: RGBArray, request: EncodeRequest) -> str:
        """Encode a picture; cancel it to drop it from the queue."""
        return await asyncio.wrap_future(self._thread.submit(self._encode, image, request))

    async def encode_parts(self, image: RGBArray, parts: list[ImagePart], request: EncodeRequest) -> list[EncodedPart]:
        """Encode only parts of a picture, which is shown already but for them."""
        return await asyncio.wrap_future(self._thread.submit(encode_parts, image, parts, request))

    def _encode(self, image: RGBArray, request: EncodeRequest) -> str:
        key = blake2b(image.tobytes(), digest_size=16).digest() + bytes(str(image.shape), "ascii"), request
        if key not in self._cache:
            self._cache[key] = encode(image, request)
            self._cached_characters += len(self._cache[key])
        self._cache.move_to_end(key)
        while self._cached_characters > MAX_CACHED_CHARACTERS and len(self._cache) > 1:
            self._cached_characters -= len(self._cache.popitem(last=False)[1])
        return self._cache[key]


class ScaledPicture(NamedTuple):
    """The pixels to send: the picture from (left, top) on, `width` by `height`, in the middle of its whole cells."""

    pixels: RGBArray
    left: int
    top: int
    width: int
    height: int


def encode(image: RGBArray, request: EncodeRequest) -> str:
    """The sixel control string, or kitty's PNG in base64, no larger than the picture is shown."""
    pixels, budget = _scale(image, request).pixels, request.budget
    limit = budget.bytes_per_pixel * request.box.width * request.box.height
    for colours in budget.kitty_colours if request.protocol == "kitty" else budget.sixel_colours:
        data = _encode_pixels(pixels, request, colours)
        if len(data) <= limit:
            break
    return data


def encode_parts(image: RGBArray, parts: list[ImagePart], request: EncodeRequest) -> list[EncodedPart]:
    """The parts as they are in the whole picture, a little larger: scaling mixes neighbours, and sixels fill cells."""
    picture = _scale(image, request)
    step_x, step_y = (1, 1) if request.protocol == "kitty" else request.cell
    rows, columns = picture.pixels.shape[:2]
    colours = request.budget.kitty_colours[0] if request.protocol == "kitty" else request.budget.sixel_colours[0]
    scale_x, scale_y = picture.width / image.shape[1], picture.height / image.shape[0]
    encoded = []
    for part in parts:
        x, right = _outwards(picture.left + part.left * scale_x, picture.left + part.right * scale_x, step_x, columns)
        y, bottom = _outwards(picture.top + part.top * scale_y, picture.top + part.bottom * scale_y, step_y, rows)
        pixels = np.ascontiguousarray(picture.pixels[y:bottom, x:right])
        data = _encode_pixels(pixels, request, colours)
        encoded.append(EncodedPart(x // step_x, y // step_y, right - x, bottom - y, data))
    return encoded


def _outwards(start: float, stop: float, step: int, end: int) -> tuple[int, int]:
    """A range of pixels with its margin, widened to multiples of `step`, within 0 to `end`."""
    first, last = int(start) - MARGIN_PIXELS, ceil(stop) + MARGIN_PIXELS
    return max(0, first // step * step), min(end, -(-last // step) * step)


def _encode_pixels(pixels: RGBArray, request: EncodeRequest, colours: int) -> str:
    picture = quantize(pixels, colours)
    return kitty.encode(picture) if request.protocol == "kitty" else sixel.encode(picture, request.background)


def quantize(image: RGBArray, colours: int) -> Pillow.Image:
    """Reduce an image to so many colours (2 to 256). The second pass halves the error for 1.5 ms."""
    picture = Pillow.fromarray(image)
    palette = picture.quantize(colours, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    return picture.quantize(palette=palette, dither=Pillow.Dither.NONE)


def _scale(image: RGBArray, request: EncodeRequest) -> ScaledPicture:
    return _scale_for_kitty(image, request) if request.protocol == "kitty" else _scale_for_sixel(image, request)


def _scale_for_kitty(image: RGBArray, request: EncodeRequest) -> ScaledPicture:
    """A smaller picture is scaled up by kitty, smoothly; one of its final size fills whole cells, so that it is not."""
    box, limit = request.box, request.budget.kitty_side
    is_enlarged = box.width > image.shape[1]
    if box.smooth if is_enlarged else max(box.width, box.height) > limit:
        height, width = image.shape[:2] if is_enlarged else (box.height, box.width)
        scale = min(1, limit / max(width, height))
        scaled = resize(image, max(1, round(width * scale)), max(1, round(height * scale)))
        return ScaledPicture(scaled, 0, 0, scaled.shape[1], scaled.shape[0])
    cell_width, cell_height = request.cell
    size = max(box.columns * cell_width, box.width), max(box.rows * cell_height, box.height)
    return _place(resize(image, box.width, box.height), size, request.background)


def _scale_for_sixel(image: RGBArray, request: EncodeRequest) -> ScaledPicture:
    """As many whole bands as fit into the rows of the box.

    The rest of the last row, at most five pixels, is left blank, as by the canvas of half blocks.
    """
    box, (cell_width, cell_height) = request.box, request.cell
    rows = max(1, box.rows * cell_height // sixel.BAND) * sixel.BAND
    scaled = resize(image, box.width, min(box.height, rows), smooth=box.smooth)
    return _place(scaled, (box.columns * cell_width, rows), request.background)


def _place(picture: RGBArray, size: tuple[int, int], background: RGBColour) -> ScaledPicture:
    """A picture in the middle of a canvas of (width, height) pixels."""
    height, width = picture.shape[:2]
    canvas = np.full((size[1], size[0], 3), background, np.uint8)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas[top : top + height, left : left + width] = picture
    return ScaledPicture(canvas, left, top, width, height)


def resize(image: RGBArray, width: int, height: int, *, smooth: bool = False) -> RGBArray:
    """Resize an image to so many pixels: by means where it shrinks, else to sharp squares, or smoothly."""
    if image.shape[:2] == (height, width):
        return image
    scaled_up = Pillow.Resampling.BICUBIC if smooth else Pillow.Resampling.NEAREST
    resampling = scaled_up if width > image.shape[1] else Pillow.Resampling.HAMMING  # sharp, without ringing
    return np.asarray(Pillow.fromarray(image).resize((width, height), resampling))
