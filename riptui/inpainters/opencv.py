"""OpenCV's two inpainters. Both treat the three channels alike, so that RGB needs no swap to BGR."""

from collections.abc import Sequence

import cv2
import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, OnStep


def navier_stokes(radius: float) -> Inpainter:
    """Bertalmio, Bertozzi & Sapiro 2001, "Navier-Stokes, fluid dynamics, and image and video inpainting".

    radius: of the neighbourhood that each pixel is filled from, in px.
    """
    return _make_inpainter(cv2.INPAINT_NS, radius)


def telea(radius: float) -> Inpainter:
    """Telea 2004, "An image inpainting technique based on the fast marching method".

    radius: of the neighbourhood that each pixel is filled from, in px.
    """
    return _make_inpainter(cv2.INPAINT_TELEA, radius)


def _make_inpainter(method: int, radius: float) -> Inpainter:
    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        outputs = np.empty_like(images)
        for image, mask, output in zip(images, masks, outputs, strict=True):
            cv2.inpaint(image, mask.view(np.uint8), radius, method, output)
        return outputs

    return inpaint
