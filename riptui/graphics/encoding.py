"""Encodes pictures for a protocol, in a thread of its own, with a cache."""

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

MARGIN_PIXELS = 3  # around a part that is sent alone: scaling mixes it with its neighbours
MAX_CACHED_CHARACTERS = 16_000_000  # 50 to 190 pictures of 60x30 cells (four photographs, each protocol)


@dataclass(frozen=True)
class EncodeRequest:
    """How to encode a picture. `cell` is (width, height) in pixels."""

    protocol: GraphicsProtocol
    box: PictureBox
    cell: tuple[int, int]
    background: RGBColour
    budget: PictureBudget


@dataclass(frozen=True)
class EncodedPart:
    """A part of a picture, encoded.

    Its place (x, y) is in cells of the picture for sixel, in pixels of the picture as it was sent for kitty.
    """

    x: int
    y: int
    data: str


class Encoder:
    """Encodes in one thread, so that the UI does not wait; caches the pictures used last."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._cache: OrderedDict[tuple[bytes, EncodeRequest], str] = OrderedDict()  # used by that thread only
        self._cached_characters = 0

    async def encode(self, image: RGBArray, request: EncodeRequest) -> str:
        """Encode a picture, as the function `encode` does. Cancelling it drops it from the queue."""
        return await asyncio.wrap_future(self._thread.submit(self._encode, image, request))

    async def encode_parts(self, image: RGBArray, parts: list[ImagePart], request: EncodeRequest) -> list[EncodedPart]:
        """Encode parts of a picture, as the function `encode_parts` does; not cached."""
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
    """The pixels to send, and where the picture is in them: the rest is background that fills whole cells."""

    pixels: RGBArray
    left: int
    top: int
    width: int
    height: int


def encode(image: RGBArray, request: EncodeRequest) -> str:
    """A picture as a sixel control string, or as PNG in base64 for kitty, within the budget's limits.

    It has no more pixels than the screen shows.
    """
    pixels, budget = _scale(image, request).pixels, request.budget
    limit = budget.bytes_per_pixel * request.box.width * request.box.height
    for colours in budget.kitty_colours if request.protocol == "kitty" else budget.sixel_colours:
        data = _encode_pixels(pixels, request, colours)
        if len(data) <= limit:
            break
    return data


def encode_parts(image: RGBArray, parts: list[ImagePart], request: EncodeRequest) -> list[EncodedPart]:
    """Encode parts of a picture, cut from the scaled picture with a margin; for sixel of whole cells."""
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
        encoded.append(EncodedPart(x // step_x, y // step_y, data))
    return encoded


def _outwards(start: float, stop: float, step: int, end: int) -> tuple[int, int]:
    """The range `start` to `stop` with a margin, widened to multiples of `step`, within 0 to `end`."""
    first, last = int(start) - MARGIN_PIXELS, ceil(stop) + MARGIN_PIXELS
    return max(0, first // step * step), min(end, -(-last // step) * step)


def _encode_pixels(pixels: RGBArray, request: EncodeRequest, colours: int) -> str:
    picture = quantize(pixels, colours)
    return kitty.encode(picture) if request.protocol == "kitty" else sixel.encode(picture, request.background)


def quantize(image: RGBArray, colours: int) -> Pillow.Image:
    """Reduce an image to a palette of so many colours, 2 to 256. The second pass halves the error, and takes 1.5 ms."""
    picture = Pillow.fromarray(image)
    palette = picture.quantize(colours, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    return picture.quantize(palette=palette, dither=Pillow.Dither.NONE)


def _scale(image: RGBArray, request: EncodeRequest) -> ScaledPicture:
    return _scale_for_kitty(image, request) if request.protocol == "kitty" else _scale_for_sixel(image, request)


def _scale_for_kitty(image: RGBArray, request: EncodeRequest) -> ScaledPicture:
    """The pixels to send to kitty, which scales what it gets to the cells of the box, smoothly.

    Sent small are pictures that are to be enlarged smoothly or are too large for the budget. All others are sent in
    their final size, filled up to whole cells, so that kitty does not scale them.
    """
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
    """The pixels to send as sixel: as many whole bands as fit into the rows of the box.

    What remains of the last row, at most five pixels, is background, as in the Canvas.
    """
    box, (cell_width, cell_height) = request.box, request.cell
    rows = max(1, box.rows * cell_height // sixel.BAND) * sixel.BAND
    scaled = resize(image, box.width, min(box.height, rows), smooth=box.smooth)
    return _place(scaled, (box.columns * cell_width, rows), request.background)


def _place(picture: RGBArray, size: tuple[int, int], background: RGBColour) -> ScaledPicture:
    """A picture in the middle of (width, height) pixels of background."""
    height, width = picture.shape[:2]
    canvas = np.full((size[1], size[0], 3), background, np.uint8)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas[top : top + height, left : left + width] = picture
    return ScaledPicture(canvas, left, top, width, height)


def resize(image: RGBArray, width: int, height: int, *, smooth: bool = False) -> RGBArray:
    """Resize an image. Enlarged pixels are sharp squares, or smooth (bicubic); shrinking is by Hamming's filter."""
    if image.shape[:2] == (height, width):
        return image
    scaled_up = Pillow.Resampling.BICUBIC if smooth else Pillow.Resampling.NEAREST
    resampling = scaled_up if width > image.shape[1] else Pillow.Resampling.HAMMING  # sharp, without ringing
    return np.asarray(Pillow.fromarray(image).resize((width, height), resampling))
