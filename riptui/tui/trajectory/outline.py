"""The outline of what an iteration repainted: its pixels, and those around them. Arrays in, arrays out."""

import numpy as np
import PIL.Image
import PIL.ImageFilter

from riptui.arrays import Mask
from riptui.region import Region

Pixels = tuple[slice, slice] | Mask
"""An index of some pixels of a frame."""


def widen(region: Region, margin: int, size: int) -> Pixels:
    """The pixels of a region in a frame of size x size pixels, and those within a margin around it."""
    if region.mask is None:
        y, x = region.box.window
        return slice(max(0, y.start - margin), y.stop + margin), slice(max(0, x.start - margin), x.stop + margin)
    picture = PIL.Image.fromarray(region.in_frame(size).astype(np.uint8))
    return np.asarray(picture.filter(PIL.ImageFilter.MaxFilter(2 * margin + 1))) > 0
