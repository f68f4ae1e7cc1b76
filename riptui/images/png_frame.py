"""The PNGs of the store: frames and patches, RGB of 8 bits, and with an alpha channel for a patch of any shape."""

import hashlib
from io import BytesIO

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from riptui.arrays import Image, Mask
from riptui.errors import DamagedError
from riptui.images.source_file import to_one_line
from riptui.spec import SIZES


def pixels_sha256(image: Image) -> str:
    """SHA-256 in hex of the pixels: RGB, row by row."""
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def encode_png(image: Image) -> bytes:
    """Lossless PNG of an image of any height and width. By OpenCV: 8 ms for 512x512; Pillow takes over 20 ms."""
    import cv2  # 17 MiB that readers do without

    return cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR))[1].tobytes()


def encode_masked_png(image: Image, mask: Mask) -> bytes:
    """As `encode_png`, RGBA: opaque where the mask is True, and black and transparent elsewhere."""
    import cv2

    blue_first = image[..., ::-1] * mask[..., None]
    with_alpha = np.concatenate([blue_first, mask[..., None].astype(np.uint8) * 255], axis=-1)
    return cv2.imencode(".png", with_alpha)[1].tobytes()


def encode_original_png(image: Image) -> bytes:
    """As `encode_png`, by Pillow: 10 ms more, but without OpenCV's 20 MiB in a process that only creates folders."""
    out = BytesIO()
    PIL.Image.fromarray(image).save(out, "PNG", compress_level=1)  # 6, the usual, takes 80 ms for a tenth less
    return out.getvalue()


def decode_png(data: bytes) -> Image:
    """The pixels of a PNG that `encode_png` wrote. By Pillow: OpenCV prints to stderr and returns half-decoded images.

    Raises DamagedError: truncated, any flipped bit, not RGB of 8 bits, or more than 2048x2048 pixels.
    """
    return _decode(data, "RGB")


def decode_masked_png(data: bytes) -> tuple[Image, Mask | None]:
    """The pixels of a patch, and which of them count; None: all. Raises DamagedError as `decode_png`."""
    if data[24:26] != _HEADERS["RGBA"]:
        return decode_png(data), None
    pixels = _decode(data, "RGBA")
    alpha = pixels[..., 3]
    if ((alpha != 0) & (alpha != 255)).any():
        raise DamagedError("the patch has half-transparent pixels")
    return np.ascontiguousarray(pixels[..., :3]), alpha == 255


_HEADERS = {"RGB": b"\x08\x02", "RGBA": b"\x08\x06"}
"""Bits of a channel and type of the colours, by Pillow's mode."""


def _decode(data: bytes, mode: str) -> NDArray[np.uint8]:
    try:
        if data[12:16] != b"IHDR" or data[24:26] != _HEADERS[mode] or data[-12:] != b"\0\0\0\0IEND\xaeB`\x82":
            raise ValueError(f"not {mode} of 8 bits from the first chunk to the last")
        width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
        if width * height > SIZES[-1] ** 2:
            raise ValueError(f"{width}x{height} pixels; the limit is {SIZES[-1]}x{SIZES[-1]}")
        PIL.Image.open(BytesIO(data), formats=["PNG"]).verify()  # load() does not compare the CRCs of the pixels
        picture = PIL.Image.open(BytesIO(data), formats=["PNG"])
        if (picture.mode, picture.size) != (mode, (width, height)):
            raise ValueError("a second header contradicts the first")
        picture.load()
    except Exception as error:
        raise DamagedError(f"{len(data)} bytes are not a readable PNG: {to_one_line(error)}") from error
    return np.array(picture)
