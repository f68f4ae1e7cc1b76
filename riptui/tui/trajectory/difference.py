"""The comparison picture beside frame k: its difference to the original, or what its iteration repainted.

Arrays in, arrays out.
"""

from enum import StrEnum

import numpy as np
import PIL.Image
import PIL.ImageFilter

from riptui.arrays import Image, Mask, UInt8
from riptui.region import Region
from riptui.tui.trajectory.colormap import heat_colour

GAIN = 4
"""A difference of 64 of 255 is already white: most changes of an inpainter are fainter."""


class ComparisonMode(StrEnum):
    """The comparisons, in the order of the key `d`."""

    DIFFERENCE = "difference"
    HEAT = "heat map"
    BLINK = "blink"
    SQUARE = "square"

    @property
    def next(self) -> "ComparisonMode":
        modes = list(ComparisonMode)
        return modes[(modes.index(self) + 1) % len(modes)]


def difference(frame: Image, original: Image, gain: int = GAIN) -> Image:
    """gain * |frame - original| per channel, at most 255."""
    clipped: Image = np.minimum(_absolute_difference(frame, original), 255 // gain)
    return clipped * np.uint8(gain)


def signed_difference(frame: Image, original: Image, gain: int = GAIN) -> Image:
    """128 + gain * (frame - original) / 2 per channel, 0 to 255: grey where nothing changed."""
    signed = 128 + (frame.astype(np.int16) - original) * gain // 2
    clipped: Image = signed.clip(0, 255).astype(np.uint8)
    return clipped


def heat_map(frame: Image, original: Image) -> Image:
    """The largest |frame - original| of the three channels, 0 to 255, in the colormap."""
    distance = _absolute_difference(frame, original)
    largest = np.maximum(np.maximum(distance[..., 0], distance[..., 1]), distance[..., 2])
    return colour_levels(largest)


def colour_levels(levels: UInt8[np.ndarray, "height width"]) -> Image:
    """Levels from 0 to 255 in the colormap."""
    coloured: Image = np.array([heat_colour(level / 255) for level in range(256)], np.uint8)[levels]
    return coloured


def outline_region(frame: Image, region: Region) -> Image:
    """The frame, darkened outside of a region with a white outline."""
    return enclose(frame, region, max(2, len(frame) // 64), background=frame // 2)


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


def _absolute_difference(frame: Image, original: Image) -> Image:
    distance: Image = np.maximum(frame, original) - np.minimum(frame, original)  # int16 would take five times as long
    return distance
