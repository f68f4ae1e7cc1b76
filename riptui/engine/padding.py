"""A batch of a fixed shape, however many images are in it."""

from collections.abc import Mapping, Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, OnStep, add_defaults
from riptui.inpainters.inpainter import PADDING_SEED
from riptui.spec import ParameterValue


class PaddedInpainter:
    """An inpainter that pads each batch to a size with copies of its first image, and drops their output.

    A network's arithmetic depends on the shape of its batch, in the last bit, which a recursion amplifies.
    """

    def __init__(self, inpaint: Inpainter, batch_size: int) -> None:
        self._inpaint = inpaint
        self._batch_size = batch_size

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        missing = self._batch_size - len(images)
        if missing <= 0:
            return self._inpaint(images, masks, seeds=seeds, on_step=on_step)
        images = np.concatenate([images, np.repeat(images[:1], missing, axis=0)])
        masks = np.concatenate([masks, np.repeat(masks[:1], missing, axis=0)])
        outputs = self._inpaint(images, masks, seeds=[*seeds, *[PADDING_SEED] * missing], on_step=on_step)
        is_batch = isinstance(outputs, np.ndarray) and len(outputs) == self._batch_size
        return outputs[:-missing] if is_batch else outputs  # the caller rejects anything else

    def with_parameters(self, changes: Mapping[str, ParameterValue]) -> "PaddedInpainter":
        """As `LoadedInpainter.with_parameters`."""
        return PaddedInpainter(add_defaults(self._inpaint).with_parameters(changes), self._batch_size)
