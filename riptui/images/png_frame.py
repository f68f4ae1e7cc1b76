"""The PNGs of the store: frames and patches, RGB of 8 bits."""

import hashlib
from io import BytesIO

import numpy as np
import PIL.Image

from riptui.arrays import Image
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


def encode_original_png(image: Image) -> bytes:
    """As `encode_png`, by Pillow: 10 ms more, but without OpenCV's 20 MiB in a process that only creates folders."""
    out = BytesIO()
    PIL.Image.fromarray(image).save(out, "PNG", compress_level=1)  # 6, the usual, takes 80 ms for a tenth less
    return out.getvalue()


def decode_png(data: bytes) -> Image:
    """The pixels of a PNG that `encode_png` wrote. By Pillow: OpenCV prints to stderr and returns half-decoded images.

    Raises DamagedError: truncated, any flipped bit, not RGB of 8 bits, or more than 2048x2048 pixels.
    """
    try:
        if data[12:16] != b"IHDR" or data[24:26] != b"\x08\x02" or data[-12:] != b"\0\0\0\0IEND\xaeB`\x82":
            raise ValueError("not RGB of 8 bits from the first chunk to the last")
        width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
        if width * height > SIZES[-1] ** 2:
            raise ValueError(f"{width}x{height} pixels; the limit is {SIZES[-1]}x{SIZES[-1]}")
        PIL.Image.open(BytesIO(data), formats=["PNG"]).verify()  # load() does not compare the CRCs of the pixels
        picture = PIL.Image.open(BytesIO(data), formats=["PNG"])
        if (picture.mode, picture.size) != ("RGB", (width, height)):
            raise ValueError("a second header contradicts the first")
        picture.load()
    except Exception as error:
        raise DamagedError(f"{len(data)} bytes are not a readable PNG: {to_one_line(error)}") from error
    return np.array(picture)
