"""Text to image: a picture from a prompt and noise alone, by a diffusion model that was not made to inpaint.

An inpainter whose square is the whole image, and that looks at nothing of it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from riptui.arrays import Images, Masks
from riptui.inpainters.diffusion import diffusion
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter
from riptui.inpainters.pipeline.pipeline_tasks import TEXT_TO_IMAGE, PipelineTask


class TextToImage(DiffusionInpainter):
    """A loaded pipeline that paints the whole image anew."""

    task: ClassVar[PipelineTask] = TEXT_TO_IMAGE

    def picture_arguments(self, images: Images, masks: Masks) -> dict[str, Any]:
        return {}


def text_to_image(**parameters: Any) -> DiffusionInpainter:
    """Load a model, with the parameters of `diffusion` but the strength. Raises as that."""
    return diffusion(**parameters, kind=TextToImage)
