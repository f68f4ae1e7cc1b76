"""The comparison picture beside frame k: its difference to the original, or what its iteration repainted.

Arrays in, arrays out.
"""

from enum import StrEnum

import numpy as np

from riptui.arrays import Image, UInt8
from riptui.region import Region
from riptui.tui.trajectory.colormap import heat_colour
from riptui.tui.trajectory.outline import enclose

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


def _absolute_difference(frame: Image, original: Image) -> Image:
    distance: Image = np.maximum(frame, original) - np.minimum(frame, original)  # int16 would take five times as long
    return distance
