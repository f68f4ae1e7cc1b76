"""The errors of repainted squares: how far their pixels are from those of the original. Imports scikit-image."""

from collections.abc import Callable, Mapping

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

from riptui.arrays import Float32
from riptui.metrics.pixels import luma
from riptui.results.exposure import DELTA_E, LUMA, PerRepaint
from riptui.results.repainted_squares import SquarePixels


def luma_errors(originals: SquarePixels, patches: SquarePixels) -> PerRepaint:
    """Mean absolute difference of luma, 0 to 255, of each patch."""
    difference: PerRepaint = np.abs(luma(originals) - luma(patches)).mean(axis=(1, 2), dtype=np.float64)
    return difference


def delta_e_errors(originals: SquarePixels, patches: SquarePixels) -> PerRepaint:
    """Mean CIEDE2000 colour difference of each patch."""
    difference: PerRepaint = deltaE_ciede2000(_lab(originals), _lab(patches)).mean(axis=(1, 2), dtype=np.float64)
    return difference


def _lab(pixels: SquarePixels) -> Float32[np.ndarray, "patches height width 3"]:
    lab: Float32[np.ndarray, "patches height width 3"] = rgb2lab(pixels.astype(np.float32) / 255)
    return lab


MEASURES: Mapping[str, Callable[[SquarePixels, SquarePixels], PerRepaint]] = {
    LUMA: luma_errors,
    DELTA_E: delta_e_errors,
}
"""By name of an error."""
