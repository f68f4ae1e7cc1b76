"""RePaint's resampling in the latents of Stable Diffusion. No settings were published for it: these are ours."""

from __future__ import annotations

from typing import Any

import torch

from riptui.arrays import Images, Masks
from riptui.inpainters import OnStep
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter


class LatentResampler(DiffusionInpainter):
    """An inpainter. Its pipeline is one of Stable Diffusion, with a ResamplingScheduler."""

    def denoise(
        self,
        images: Images,
        masks: Masks,
        generators: list[torch.Generator],
        on_step: OnStep,
        settings: dict[str, Any],
    ) -> torch.Tensor:
        """As `DiffusionInpainter.denoise`; the pipeline does all but the steps of its scheduler."""
        pipeline, scheduler = self.pipeline, self.pipeline.scheduler
        dtype, factor = pipeline.unet.dtype, pipeline.vae_scale_factor
        pixels, holes = self.picture_arguments(images, masks).values()
        with torch.no_grad():
            encoded = pipeline._encode_vae_image((pixels * 2 - 1).to(dtype), generator=generators)
        scheduler.known, scheduler.kept = encoded.to(dtype), 1 - holes[..., ::factor, ::factor].to(dtype)
        return super().denoise(images, masks, generators, on_step, settings)
