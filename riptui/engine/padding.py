"""A batch of a fixed shape, however many images are in it."""

from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, OnStep

SEED = 0
"""Of the noise of rows that nobody looks at."""


def padded(inpaint: Inpainter, rows: int) -> Inpainter:
    """The same inpainter, always called with so many images: copies of the first are added, and their output dropped.

    A network's arithmetic depends on its batch's shape, by a last bit that a recursion amplifies.
    """

    def call(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        missing = rows - len(images)
        if missing <= 0:
            return inpaint(images, masks, seeds=seeds, on_step=on_step)
        images = np.concatenate([images, np.repeat(images[:1], missing, axis=0)])
        masks = np.concatenate([masks, np.repeat(masks[:1], missing, axis=0)])
        outputs = inpaint(images, masks, seeds=[*seeds, *[SEED] * missing], on_step=on_step)
        whole = isinstance(outputs, np.ndarray) and len(outputs) == rows
        return outputs[:-missing] if whole else outputs  # what is no batch of images is refused by its caller

    return call
