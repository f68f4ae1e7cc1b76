"""The user's own masks: a folder of pictures, white where to repaint."""

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from riptui.arrays import Mask
from riptui.errors import InputError
from riptui.masks import encode_tiles
from riptui.store.disk_errors import explain_errors
from riptui.store.listing import natural_key
from riptui.text.terminal import printable
from riptui.tile_runs import TILE_PX

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp"}
WHITE = 128  # from this level on a pixel is repainted, as diffusers and IOPaint have it


class MaskSource(NamedTuple):
    """All masks of a folder at one size."""

    sha256: str
    """Of the masks, in their order: the same masks under other names are the same."""
    masks: tuple[str, ...]
    """As a spec has them."""


@lru_cache(8)
def read_mask_folder(folder: Path, size: int) -> MaskSource:
    """Read all pictures of a folder, in natural order, as masks of size x size px.

    A picture of another size is resized without blending; a tile of 8 px is repainted if any of its pixels is. Raises
    InputError for a picture that is not square, is black all over or cannot be read; DiskError.
    """
    with explain_errors(folder):
        files = sorted(
            (file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES),
            key=lambda file: natural_key(file.name),
        )
    if not files:
        raise InputError(f"{folder} has no masks: put pictures there, white where to repaint")
    masks = tuple(encode_tiles(_read_tiles(file, size)) for file in files)
    return MaskSource(hashlib.sha256("\n".join(masks).encode()).hexdigest(), masks)


def _read_tiles(file: Path, size: int) -> Mask:
    name = printable(file.name)
    with explain_errors(file):
        data = file.read_bytes()
    try:
        grey = PIL.Image.open(BytesIO(data)).convert("L")
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise InputError(f"mask {name} cannot be read as a picture: {printable(str(error))}") from error
    if grey.width != grey.height:
        raise InputError(f"mask {name} has {grey.width}x{grey.height} px; masks must be square, as frames are")
    levels: NDArray[np.uint8] = np.asarray(grey.resize((size, size), PIL.Image.Resampling.NEAREST))
    side = size // TILE_PX
    tiles: Mask = levels.reshape(side, TILE_PX, side, TILE_PX).max(axis=(1, 3)) >= WHITE
    if not tiles.any():
        raise InputError(f"mask {name} is black all over, so there is nothing to repaint: white is repainted")
    return tiles
