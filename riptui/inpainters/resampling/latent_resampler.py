"""RePaint's resampling in the latents of Stable Diffusion. No settings were published for it: these are ours."""

from __future__ import annotations

import torch

from riptui.inpainters.pipeline.diffusion_inpainter import DenoisingBatch, DiffusionInpainter


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
