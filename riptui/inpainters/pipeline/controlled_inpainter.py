"""A diffusion model with a ControlNet that is shown a picture made from the frame and the mask alone."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import torch

from riptui.arrays import Images, Masks
from riptui.inpainters.inpainter import SQUARE_NOTE
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter, LoadedPipeline

Control = Literal["hole", "black", "frame", "canny"]
CANNY = (100, 200)
"""The thresholds of the edges, as in the documentation of diffusers."""
SHOWS_THE_FRAME = ("frame", "canny")


class ControlledInpainter(DiffusionInpainter):
    """A loaded pipeline with a ControlNet. `control`: which picture the ControlNet is shown, as `control_pictures`."""

    def __init__(self, loaded: LoadedPipeline, *, control: Control, **settings: Any) -> None:
        super().__init__(loaded, **settings)
        self._control = control
        if control in SHOWS_THE_FRAME:
            self._notes |= {SQUARE_NOTE: "seen: the ControlNet is shown the whole frame"}

    def picture_arguments(self, images: Images, masks: Masks) -> dict[str, Any]:
        pictures = control_pictures(images, masks, self._control).to(self.pipeline._execution_device)
        return super().picture_arguments(images, masks) | {"control_image": pictures}


def control_pictures(images: Images, masks: Masks, control: Control) -> torch.Tensor:
    """What a ControlNet is shown: float32 [batch, 3, height, width] in [0, 1], but for the -1 of "hole".

    hole: the frame with -1 in the mask, as ControlNets for inpainting are trained; black: with 0 there; frame: all of
    it; canny: the frame's edges, white on black.
    """
    if control == "canny":
        edges = np.stack([cv2.Canny(image, *CANNY) for image in images])
        images = np.repeat(edges[..., None], 3, axis=-1)
    pictures = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    if control in ("hole", "black"):
        pictures = pictures.masked_fill(torch.from_numpy(masks)[:, None], -1.0 if control == "hole" else 0.0)
    return pictures
