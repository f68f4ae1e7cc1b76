"""What is done to an inpainter's output before it is pasted: its colours matched to the border, its edge feathered.

Only pixels of the mask change, whatever is done: what an inpainter returns outside of it means nothing.
"""

import cv2
import numpy as np
from skimage.color import lab2rgb, rgb2lab

from riptui.arrays import Float64, Image, Int32, Mask

BORDER_PX = 8  # width of the strips on both sides of the mask's border whose colours are compared
MAX_STRETCH = 2.0  # by which the deviation of a channel may grow or shrink: a flat fill would become noise

BorderDistances = Int32[np.ndarray, "height width"]
Colours = Float64[np.ndarray, "pixels 3"]


def match_border(output: Image, canvas: Image, mask: Mask) -> Image:
    """The output with the mask's pixels shifted and stretched in CIELAB, each channel by itself.

    Afterwards a strip inside the mask along its border has the mean and the standard deviation of the strip outside, in
    the canvas. The picture's edge is no border. A mask without any border is left as it is.
    """
    inside, outside = (_strip(part) for part in (mask, ~mask))
    if not (inside.any() and outside.any()):
        return output
    painted, around = _to_lab(output[mask]), _to_lab(canvas[outside])
    border = _to_lab(output[inside])
    deviation = border.std(axis=0)
    stretch = np.divide(around.std(axis=0), deviation, out=np.ones(3), where=deviation > 0)
    stretch = stretch.clip(1 / MAX_STRETCH, MAX_STRETCH)
    matched = output.copy()
    matched[mask] = _to_rgb((painted - border.mean(axis=0)) * stretch + around.mean(axis=0))
    return matched


def feather(output: Image, canvas: Image, mask: Mask, width: int) -> Image:
    """The output blended into the canvas over a width (px) inside the mask's border; all of it further inside.

    In whole numbers, so that every machine rounds alike.
    """
    weight = np.minimum(_depth(mask), width + 1)[..., None]
    mixed = output.astype(np.int32) * weight + canvas.astype(np.int32) * (width + 1 - weight)
    blended: Image = ((2 * mixed + width + 1) // (2 * width + 2)).astype(np.uint8)
    return blended


def _depth(mask: Mask) -> BorderDistances:
    """The distance of each pixel to the nearest one outside the mask, in px along the longer axis: 1 at its border."""
    depth: BorderDistances = (
        cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_C, 3).clip(0, mask.size).astype(np.int32)
    )
    return depth


def _strip(mask: Mask) -> Mask:
    """The pixels of a mask along its border."""
    strip: Mask = mask & (_depth(mask) <= BORDER_PX)
    return strip


def _to_lab(pixels: Image) -> Colours:
    lab: Colours = rgb2lab(pixels.astype(np.float64) / 255)
    return lab


def _to_rgb(colours: Colours) -> Image:
    rgb: Image = np.rint(lab2rgb(colours).clip(0, 1) * 255).astype(np.uint8)
    return rgb
