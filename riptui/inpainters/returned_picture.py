"""A picture that a program or a server returns: taken only if its pixels are what was painted, all of them."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PilImage
from PIL import UnidentifiedImageError

from riptui.arrays import Image
from riptui.errors import InpainterError

LOSSLESS = ("PNG", "BMP", "PPM")


def read_picture(source: Path | BytesIO, size: int, what: str) -> Image:
    """A picture of size x size px, RGB with 8 bits, from a file without loss.

    what: how an error calls it, e.g. "its output 0003.png". Raises InpainterError.
    """
    try:
        with PilImage.open(source) as picture:
            _require_picture(what, picture, size)
            pixels = np.asarray(picture)
    except UnidentifiedImageError as error:
        raise InpainterError(f"{what} is not a picture; it must be a PNG") from error
    except (OSError, SyntaxError, ValueError, PilImage.DecompressionBombError) as error:
        raise InpainterError(f"{what} cannot be read: {error}") from error
    if pixels.shape[2] == 4 and (pixels[..., 3] != 255).any():
        raise InpainterError(f"{what} is partly transparent; it must be RGB")
    return np.ascontiguousarray(pixels[..., :3])


def _require_picture(what: str, picture: PilImage.Image, size: int) -> None:
    """Raise InpainterError unless its pixels can be taken as they are."""
    if picture.format not in LOSSLESS:
        raise InpainterError(f"{what} is a {picture.format}, which may lose pixels at each iteration; it must be a PNG")
    if picture.size != (size, size):
        raise InpainterError(f"{what} is {picture.width}x{picture.height} px; it must be {size}x{size}")
    if picture.mode not in ("RGB", "RGBA"):
        raise InpainterError(f"{what} has the mode {picture.mode}; it must be RGB with 8 bits per channel")
    if levels := _count_other_levels(picture):  # Pillow would round them
        raise InpainterError(f"{what} has {levels} per channel; it must be RGB with 8 bits per channel")


def _count_other_levels(picture: PilImage.Image) -> str:
    """What a file that is shown as 8 bits has instead, "16 bits" or "100 levels"; "" if it has 8 bits."""
    for codec, _, _, arguments in getattr(picture, "tile", ()):
        if str(codec).startswith("ppm") and arguments[-1] != 255:
            return f"{arguments[-1] + 1} levels"
        if "16" in str(arguments):
            return "16 bits"
    return ""
