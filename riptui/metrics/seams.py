"""The seam that an iteration leaves along the border of its mask. No weights.

A mask that touches the picture's edge has no border there; one that is the whole picture has none at all, and its
values are 0. Times are for 512x512 pixels on one core of a server.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

from riptui.arrays import Bool, Image, Mask
from riptui.metrics.metric import Repaint

Border = Bool[np.ndarray, "height width"]


def seam() -> "Seam":
    """The gradient that the iteration added along the border: ASUKA's Grad, Wang et al. 2025, to the frame before."""
    return Seam(to_original=False)


def seam_original() -> "Seam":
    """The same to the original: what the border has in gradient that the original did not have there."""
    return Seam(to_original=True)


@dataclass(frozen=True)
class Seam:
    """Mean over the border's pixels and the channels of |grad frame - grad reference|, in levels of 255. 6 ms.

    Gradients by Sobel's unnormalised 3x3 operators, as vectors; the border as Canny (100, 200) finds it in the mask.
    A RepaintMetric.
    """

    to_original: bool

    def prepare(self, original: Image) -> Image | None:
        """The picture that frames are compared with; None: the frame before each repaint."""
        return original if self.to_original else None

    def measure(self, prepared: Image | None, frame: Image, repaint: Repaint) -> float:
        """What the repaint left along its border, in levels of 255; 0 where the border is empty."""
        reference = repaint.before if prepared is None else prepared
        border = find_border(repaint.region.in_frame(len(frame)))
        if not border.any():
            return 0.0
        change = frame.astype(np.float32) - reference  # the operators are linear; float32 holds these numbers exactly
        gradients = (cv2.Sobel(change, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
        across, down = (gradient[border].astype(np.float64) for gradient in gradients)
        return float(np.hypot(across, down).mean())


class SeamDeltaE:
    """See `seam_delta_e`. A RepaintMetric."""

    def prepare(self, original: Image) -> None:
        return None

    def measure(self, prepared: None, frame: Image, repaint: Repaint) -> float:
        mask = repaint.region.in_frame(len(frame))
        return _step_across(frame, mask) - _step_across(repaint.before, mask)


def seam_delta_e() -> SeamDeltaE:
    """CIEDE2000 between the pixel just inside and the one just outside the border, mean over the border, less that of
    the frame before: the visible step that the iteration added, negative where it took one away. 2 ms.
    """
    return SeamDeltaE()


def find_border(mask: Mask) -> Border:
    """The pixels of a mask's border inside the picture: one pixel wide, as Canny finds them."""
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
