"""SSIM of a frame that changes square by square, computed anew only around the square."""

import numpy as np
from skimage.metrics import structural_similarity

from riptui.arrays import Image
from riptui.metrics.pixels import SSIM_WINDOW, luma
from riptui.spec import Box

REACH = 5  # px; half of SSIM's window of 11: how far a changed pixel reaches in the map


class RunningSsim:
    """The `ssim` of a frame to its original, updated as squares of the frame are repainted."""

    def __init__(self, original: Image) -> None:
        self._reference = luma(original)
        self._frame = self._reference.copy()
        self._map = np.ones_like(self._reference)

    def repaint(self, box: Box, patch: Image) -> float:
        """Paste a patch, uint8 [height, width, 3], into a box; return the frame's SSIM, within 1e-6 of the metric's."""
        self._frame[box.window] = luma(patch)
        changed, seen = self._widen(box, REACH), self._widen(box, 2 * REACH)
        _, found = structural_similarity(
            self._reference[seen], self._frame[seen], data_range=255, full=True, **SSIM_WINDOW
        )
        inner = tuple(
            slice(part.start - whole.start, part.stop - whole.start) for part, whole in zip(changed, seen, strict=True)
        )
        self._map[changed] = found[inner]
        return float(self._map[REACH:-REACH, REACH:-REACH].mean(dtype=np.float64))

    def _widen(self, box: Box, margin: int) -> tuple[slice, slice]:
        height, width = self._frame.shape
        return (
            slice(max(0, box.y - margin), min(height, box.y + box.height + margin)),
            slice(max(0, box.x - margin), min(width, box.x + box.width + margin)),
        )
