"""The outline of what an iteration repainted. Arrays in, arrays out."""

import numpy as np
import PIL.Image
import PIL.ImageFilter

from riptui.arrays import Image, Mask
from riptui.region import Region


def enclose(frame: Image, region: Region, width: int, background: Image) -> Image:
    """A region of a frame on a background, in a white line in a black one, each `width` px, where they have room."""
    enclosed = background.copy()
    for margin, level in ((2 * width, 0), (width, 255)):
        enclosed[_widen(region, margin, len(frame))] = level
    region.paste(frame, enclosed)
    return enclosed


def _widen(region: Region, margin: int, size: int) -> tuple[slice, slice] | Mask:
    """The pixels of a region in a frame of size x size pixels, and those within a margin around it: an index."""
    if region.mask is None:
        y, x = region.box.window
        return slice(max(0, y.start - margin), y.stop + margin), slice(max(0, x.start - margin), x.stop + margin)
    picture = PIL.Image.fromarray(region.in_frame(size).astype(np.uint8))
    return np.asarray(picture.filter(PIL.ImageFilter.MaxFilter(2 * margin + 1))) > 0
