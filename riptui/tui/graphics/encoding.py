"""Pictures as the bytes that a protocol sends, made in one thread beside the UI's and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from PIL import Image as Pillow

from riptui.arrays import Image
from riptui.tui.graphics import kitty, sixel
from riptui.tui.graphics.fit import Box
from riptui.tui.graphics.terminal import Protocol
from riptui.tui.graphics.wire import Wire

KEPT = 16_000_000  # characters of encoded pictures: a few hundred


@dataclass(frozen=True)
class Order:
    """How a picture is to be shown: in which place, with cells of how many pixels, on what background."""

    protocol: Protocol
    box: Box
    cell: tuple[int, int]
    background: tuple[int, int, int]
    wire: Wire


class Encoder:
    """One thread, so that pictures neither crowd out each other nor the UI; the last ones are kept encoded."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._kept: OrderedDict[tuple[bytes, Order], str] = OrderedDict()  # touched by that thread only
        self._size = 0

    async def encode(self, image: Image, order: Order) -> str:
        """The picture as characters. Cancel it and it is not begun."""
        return await asyncio.wrap_future(self._thread.submit(self._encode, image, order))

    def _encode(self, image: Image, order: Order) -> str:
        key = blake2b(image.tobytes(), digest_size=16).digest() + bytes(str(image.shape), "ascii"), order
        if key not in self._kept:
            self._kept[key] = encode(image, order)
            self._size += len(self._kept[key])
        self._kept.move_to_end(key)
        while self._size > KEPT and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1])
        return self._kept[key]


def encode(image: Image, order: Order) -> str:
    """For sixel the control string, for kitty the PNG in base64: no larger than the picture is shown."""
    if order.protocol == "kitty":
        return kitty.encode(paletted(_as_sent(image, order), order.wire.kitty_colours))
    return sixel.encode(paletted(_on_canvas(image, order), order.wire.sixel_colours), order.background)


def paletted(image: Image, colours: int) -> Pillow.Image:
    """The image in so many colours (2 to 256). The second pass finds the nearest and halves the error for 1.5 ms."""
    picture = Pillow.fromarray(image)
    palette = picture.quantize(colours, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    return picture.quantize(palette=palette, dither=Pillow.Dither.NONE)


def _as_sent(image: Image, order: Order) -> Image:
    """The picture as kitty gets it, which scales what is smaller than its place."""
    width, height = order.box.width, order.box.height
    if width > image.shape[1]:  # blown up here, because kitty would blur it; such a PNG is small
        return _resized(image, width, height)
    scale = min(1, order.wire.kitty_side / max(width, height))
    return _resized(image, max(1, round(width * scale)), max(1, round(height * scale)))


def _on_canvas(image: Image, order: Order) -> Image:
    """The picture in the middle of the columns of its box, and of as many whole bands as go into its rows.

    What is left of the last row, at most five pixels, keeps the half blocks' colours.
    """
    box, (cell_width, cell_height) = order.box, order.cell
    bands = box.rows * cell_height // sixel.BAND
    canvas = np.full((max(1, bands) * sixel.BAND, box.columns * cell_width, 3), order.background, np.uint8)
    height = min(box.height, len(canvas))
    top, left = (len(canvas) - height) // 2, (canvas.shape[1] - box.width) // 2
    canvas[top : top + height, left : left + box.width] = _resized(image, box.width, height)
    return canvas


def _resized(image: Image, width: int, height: int) -> Image:
    if image.shape[:2] == (height, width):
        return image
    blown_up = width > image.shape[1]
    resampling = Pillow.Resampling.NEAREST if blown_up else Pillow.Resampling.HAMMING  # sharp, and does not ring
    return np.asarray(Pillow.fromarray(image).resize((width, height), resampling))
