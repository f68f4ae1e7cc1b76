"""A batch of a fixed shape, however many images are in it."""

from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, OnStep
from riptui.inpainters.inpainter import PADDING_SEED


def pad_inpainter(inpaint: Inpainter, batch_size: int) -> Inpainter:
    """An inpainter that pads each batch to a size with copies of its first image, and drops their output.

    A network's arithmetic depends on the shape of its batch, in the last bit, which a recursion amplifies.
    """

    def inpaint_padded(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        missing = batch_size - len(images)
        if missing <= 0:
            return inpaint(images, masks, seeds=seeds, on_step=on_step)
        images = np.concatenate([images, np.repeat(images[:1], missing, axis=0)])
        masks = np.concatenate([masks, np.repeat(masks[:1], missing, axis=0)])
        outputs = inpaint(images, masks, seeds=[*seeds, *[PADDING_SEED] * missing], on_step=on_step)
        is_batch = isinstance(outputs, np.ndarray) and len(outputs) == batch_size
        return outputs[:-missing] if is_batch else outputs  # the caller rejects anything else

    return inpaint_padded
