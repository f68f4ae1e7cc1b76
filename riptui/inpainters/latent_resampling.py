"""Latent resampling: RePaint's steps and jumps in the latents of any Stable Diffusion (1, 2, XL).

Others call it SD-RePaint, and none of them published settings: the ones here are ours.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from riptui.errors import InputError
from riptui.inpainters.diffusion import load_parts
from riptui.inpainters.pipeline.diffusion_inpainter import DenoisingBatch, DiffusionInpainter
from riptui.inpainters.resampling_scheduler import Jumps, make_scheduler, require_jumps


def latent_resampling(
    steps: int = 50,
    guidance: float | None = None,
    jump_length: int = 10,
    jump_samples: int = 10,
    eta: float = 0.0,
    **options: Any,
) -> LatentResampler:
    """Load a model. jump_length, jump_samples, eta: as `Jumps`. The others, and what is raised: as `diffusion`."""
    jumps = Jumps(jump_length, jump_samples, eta)
    set_schedule = partial(_set_schedule, title=options["model"], steps=steps, jumps=jumps)
    loaded = load_parts(guidance=guidance, set_schedule=set_schedule, **options)
    return LatentResampler(loaded, steps=steps, strength=1.0, guidance=guidance)


class LatentResampler(DiffusionInpainter):
    """An inpainter whose pipeline is one of Stable Diffusion, with a ResamplingScheduler."""

    def denoise(self, batch: DenoisingBatch) -> torch.Tensor:
        """As `DiffusionInpainter.denoise`, after the scheduler has been given the known latents."""
        pipeline, scheduler = self.pipeline, self.pipeline.scheduler
        dtype, factor = pipeline.unet.dtype, pipeline.vae_scale_factor
        pixels, holes = self.picture_arguments(batch.images, batch.masks).values()
        with torch.no_grad():
            encoded = pipeline._encode_vae_image((pixels * 2 - 1).to(dtype), generator=batch.generators)
        scheduler.known, scheduler.kept = encoded.to(dtype), 1 - holes[..., ::factor, ::factor].to(dtype)
        return super().denoise(batch)


def _set_schedule(pipeline: Any, *, title: str, steps: int, jumps: Jumps) -> None:
    """Replace the scheduler by RePaint's. Raises InputError for a pipeline that is not one of Stable Diffusion."""
    if not (hasattr(pipeline, "unet") and hasattr(pipeline, "_encode_vae_image")):
        raise InputError(
            f"{title} cannot be resampled: latent-resampling is for Stable Diffusion 1, 2 and XL, and "
            f"{type(pipeline).__name__} is another kind"
        )
    pipeline.scheduler = make_scheduler(pipeline.scheduler.config, jumps, title, clip=False)
    pipeline.scheduler.adds_exact_noise = True
    require_jumps(steps, jumps, pipeline.scheduler.config.num_train_timesteps, title)
