"""Whole pictures by a diffusion model, as inpainters whose square is the whole image.

Text to image makes a picture from a prompt and noise alone, and looks at nothing of the frame. Image to image adds
noise to the frame up to a strength, and takes it away again: with a prompt that asks for nothing, it shows how far a
model drifts when nothing should change.
"""

from __future__ import annotations

from typing import Any, ClassVar

from riptui.arrays import Images, Masks
from riptui.inpainters.diffusion import diffusion
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter
from riptui.inpainters.pipeline.pipeline_tasks import IMAGE_TO_IMAGE, TEXT_TO_IMAGE, PipelineTask


class TextToImage(DiffusionInpainter):
    """A loaded pipeline that paints the whole image anew."""

    task: ClassVar[PipelineTask] = TEXT_TO_IMAGE

    def picture_arguments(self, images: Images, masks: Masks) -> dict[str, Any]:
        return {}


class ImageToImage(DiffusionInpainter):
    """A loaded pipeline that repaints the whole image from a noised copy of it."""

    task: ClassVar[PipelineTask] = IMAGE_TO_IMAGE

    def picture_arguments(self, images: Images, masks: Masks) -> dict[str, Any]:
        return {"image": super().picture_arguments(images, masks)["image"]}


def text_to_image(**parameters: Any) -> DiffusionInpainter:
    """Load a model, with the parameters of `diffusion` but the strength. Raises as that."""
    return diffusion(**parameters, kind=TextToImage)


def image_to_image(**parameters: Any) -> DiffusionInpainter:
    """Load a model, with the parameters of `diffusion`. Raises as that."""
    return diffusion(**parameters, kind=ImageToImage)
