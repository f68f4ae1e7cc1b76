"""The seam that an iteration leaves along the border of its mask. No weights.

Where a mask touches the picture's edge it has no border. A mask that is the whole picture has none at all: its value is
0. Times are for 512x512 pixels on one core of a server.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

from riptui.arrays import Bool, Image, Mask
from riptui.metrics.metric import Repaint

Border = Bool[np.ndarray, "height width"]


def seam() -> "Seam":
    """How much the iteration changed the gradient along the border (ASUKA's Grad, Wang et al. 2025)."""
    return Seam(to_original=False)


def seam_original() -> "Seam":
    """The same relative to the original: how much the gradient along the border differs from the original's there."""
    return Seam(to_original=True)


@dataclass(frozen=True)
class Seam:
    """A RepaintMetric: |grad frame - grad reference|, averaged over the border's pixels and the RGB channels. 6 ms.

    Gradients are vectors by Sobel's 3x3 operators, not normalised: a straight edge of 1 level of 255 has 4. An edge
    that disappears counts like one that appears. The border is what Canny (100, 200) finds in the mask.
    """

    to_original: bool
    """Whether the reference is the original; otherwise the frame before the iteration."""

    def prepare(self, original: Image) -> Image | None:
        """The original, if it is the reference; None: the frame before each repaint is."""
        return original if self.to_original else None

    def measure(self, prepared: Image | None, frame: Image, repaint: Repaint) -> float:
        """The mean change of the gradient along the border; 0 where there is no border."""
        reference = repaint.before if prepared is None else prepared
        border = find_border(repaint.region.in_frame(len(frame)))
        if not border.any():
            return 0.0
        change = frame.astype(np.float32) - reference  # the operators are linear; float32 holds these numbers exactly
        gradients = (cv2.Sobel(change, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
        across, down = (gradient[border].astype(np.float64) for gradient in gradients)
        return float(np.hypot(across, down).mean())


class SeamDeltaE:
    """A RepaintMetric: see `seam_delta_e`."""

    def prepare(self, original: Image) -> None:
        return None

    def measure(self, prepared: None, frame: Image, repaint: Repaint) -> float:
        mask = repaint.region.in_frame(len(frame))
        return _step_across(frame, mask) - _step_across(repaint.before, mask)


def seam_delta_e() -> SeamDeltaE:
    """Mean CIEDE2000 between the neighbouring pixels inside and outside the mask, minus that of the frame before.

    The visible step that the iteration added at its mask's border, in ΔE00; below 0 where it removed one. 2 ms.
    """
    return SeamDeltaE()


def find_border(mask: Mask) -> Border:
    """The border of a mask in the picture, one pixel wide, as Canny finds it.

    Of a square: the pixels just outside its left and upper sides, and those just inside its other two.
    """
    return cv2.Canny(mask.astype(np.uint8) * 255, 100, 200) > 0


def _step_across(image: Image, mask: Mask) -> float:
    """Mean CIEDE2000 over the pairs of neighbouring pixels of which one is in the mask; 0 if there are none."""
    sides = []
    for pixels, inside in ((image, mask), (image.transpose(1, 0, 2), mask.T)):
        crossed = inside[1:] != inside[:-1]
        sides.append((pixels[1:][crossed], pixels[:-1][crossed]))
    near, far = (np.concatenate(side).astype(np.float64) / 255 for side in zip(*sides, strict=True))
    if not len(near):
        return 0.0
    return float(deltaE_ciede2000(rgb2lab(near), rgb2lab(far)).mean())
