"""What a frame looks like, in numbers of its pixels, by which collapse is recognised. Imports scikit-image."""

from dataclasses import dataclass
from math import nan

import numpy as np
from skimage.color import rgb2lab

from riptui.arrays import Float32, Image
from riptui.metrics.pixels import luma

COARSE_PX = 16
"""Side of the cells whose mean luma is the coarse structure of a picture: objects count, texture does not."""

LumaSteps = Float32[np.ndarray, "lines pixels"]


@dataclass(frozen=True)
class FrameTraits:
    """What a frame looks like."""

    detail: float
    """Mean absolute difference of luma, 0 to 255, between neighbouring pixels of one square of the grid."""
    seams: float
    """The same between neighbours on either side of a line of the grid, divided by `detail`; nan without either."""
    colour_spread: float
    """Root mean square distance of the pixels' colours from their mean, in CIELAB."""


def measure_traits(frame: Image, mask: int) -> FrameTraits:
    """The traits of a frame, [size, size, 3], whose squares have `mask` pixels per side."""
    brightness = luma(frame)
    steps = [np.abs(np.diff(brightness, axis=0)), np.abs(np.diff(brightness, axis=1)).T]
    is_seam = np.arange(1, len(frame)) % mask == 0
    detail = _mean_of([step[~is_seam] for step in steps])
    seam = _mean_of([step[is_seam] for step in steps])
    lab = rgb2lab(frame.astype(np.float32) / 255).reshape(-1, 3).astype(np.float64)
    spread = float(np.sqrt(lab.var(axis=0).sum()))
    return FrameTraits(detail, seam / detail if detail else nan, spread)


def correlate_structure(frame: Image, original: Image) -> float:
    """Pearson's correlation, -1 to 1, of the mean luma of cells of COARSE_PX pixels; nan if either picture is flat."""
    coarse, other = _coarse_luma(frame), _coarse_luma(original)
    if coarse.std() < 1e-3 or other.std() < 1e-3:
        return nan
    return float(np.corrcoef(coarse, other)[0, 1])


def _mean_of(steps: list[LumaSteps]) -> float:
    """Mean over all pairs of neighbours; nan if there are none."""
    count = sum(step.size for step in steps)
    return float(sum(step.sum(dtype=np.float64) for step in steps) / count) if count else nan


def _coarse_luma(image: Image) -> Float32[np.ndarray, " cells"]:
    side = len(image) // COARSE_PX
    cells = luma(image).reshape(side, COARSE_PX, side, COARSE_PX)
    means: Float32[np.ndarray, " cells"] = cells.mean(axis=(1, 3)).ravel()
    return means
