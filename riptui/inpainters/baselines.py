"""Two baselines with a known outcome, for tests and as the two ends of any scale."""

from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, OnStep


def identity() -> Inpainter:
    """Return copies of the images, unchanged."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return images.copy()

    return inpaint


def noise() -> Inpainter:
    """Return `numpy.random.default_rng(seed).integers(0, 256, (height, width, 3), uint8)` for each image."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.stack([np.random.default_rng(seed).integers(0, 256, images.shape[1:], np.uint8) for seed in seeds])

    return inpaint
