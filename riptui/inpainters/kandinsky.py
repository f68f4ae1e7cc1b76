"""Kandinsky 2.2: a prior turns the prompt into features of a picture, and a decoder paints the square by these.

Both draw their noise from one generator, the prior first, as in diffusers' combined pipeline.
"""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar

import torch

from riptui.arrays import Images, Masks
from riptui.inpainters import OnStep
from riptui.inpainters.diffusion import diffusion
from riptui.inpainters.pipeline.diffusion_inpainter import DenoisingBatch, DiffusionInpainter
from riptui.inpainters.pipeline.pipeline_tasks import INPAINTING_WITH_PRIOR, PipelineTask


def kandinsky(prior_steps: int = 25, prior_guidance: float = 4.0, **parameters: Any) -> DiffusionInpainter:
    """Load a model and its prior, with the parameters of `diffusion`. prior_steps, prior_guidance: of the prior's own
    diffusion.

    The default negative prompt, None, stands for the features of a black picture. Raises as `diffusion`.
    """
    own = {"prior_num_inference_steps": prior_steps, "prior_guidance_scale": prior_guidance}
    return diffusion(**parameters, kind=CombinedInpainter, own={"own_settings": own})


class CombinedInpainter(DiffusionInpainter):
    """A loaded pipeline of a model and its prior. It paints the pictures of a batch one after another.

    diffusers 0.42 would put what is known of the first one into all of them.
    """

    task: ClassVar[PipelineTask] = INPAINTING_WITH_PRIOR

    def picture_arguments(self, images: Images, masks: Masks) -> dict[str, Any]:
        """As the base class, with pictures in [-1, 1]."""
        device = self.pipeline._execution_device
        pictures = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1
        return super().picture_arguments(images, masks) | {"image": pictures}

    def denoise(self, batch: DenoisingBatch) -> torch.Tensor:
        """As the base class. `on_step` counts the steps of the prior and of the decoder, over all pictures."""
        images, masks, settings = batch.images, batch.masks, batch.settings
        steps = settings["prior_num_inference_steps"] + settings["num_inference_steps"]
        tell = _count_steps(len(images) * steps, batch.on_step)
        decoded = []
        for row, generator in enumerate(batch.generators):
            made = self.pipeline(
                **self.picture_arguments(images[row : row + 1], masks[row : row + 1]),
                height=images.shape[1],
                width=images.shape[2],
                generator=generator,
                output_type="pt",
                prior_callback_on_step_end=tell,
                callback_on_step_end=tell,
                **settings,
                **self.prompts.arguments(1),
            )
            decoded.append(made.images)
        return (torch.cat(decoded).float() * 0.5 + 0.5).clamp(0, 1)


def _count_steps(steps: int, on_step: OnStep) -> Any:
    """A callback that counts the steps of several pipelines as those of one inpainting."""
    numbers = count(1)

    def callback(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        number = next(numbers)
        on_step(number, max(steps, number))
        return {}

    return callback
