"""scikit-image's biharmonic inpainting: solves a sparse linear system over the masked pixels."""

from collections.abc import Sequence

import numpy as np
from skimage.restoration import inpaint_biharmonic

from riptui.arrays import Image, Images, Mask, Masks
from riptui.inpainters import Inpainter, OnStep


def biharmonic() -> Inpainter:
    """Damelin & Hoang 2018, "On surface completion and image inpainting by biharmonic functions".

    A mask that is the whole image leaves nothing to solve for: black.
    """

    def inpaint_image(image: Image, mask: Mask) -> Image:
        if mask.all():  # without a border the system is singular
            return np.zeros_like(image)
        filled = inpaint_biharmonic(image, mask, channel_axis=-1)  # float64 in [0, 1], clipped to the known range
        levels: Image = np.rint(filled * 255).astype(np.uint8)
        return levels

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.stack([inpaint_image(image, mask) for image, mask in zip(images, masks, strict=True)])

    return inpaint
