"""RePaint in pixels: Lugmayr et al. 2022, with a network that was trained for pictures and knows no masks."""

from __future__ import annotations

import torch
from diffusers.utils.torch_utils import randn_tensor

from riptui.errors import InputError
from riptui.inpainters.pipeline.diffusion_inpainter import DenoisingBatch, DiffusionInpainter


class PixelResampler(DiffusionInpainter):
    """An inpainter whose pipeline has a UNet2DModel and a ResamplingScheduler."""

    def prepare(self, inpaintings: int, batch: int, size: int = 512) -> None:
        """As `DiffusionInpainter.prepare`, with a notice if the network was made for another size."""
        made_for = self.pipeline.unet.config.sample_size
        if made_for not in (None, size, [size, size], (size, size)):
            notice = f"the network was made for {made_for} px and paints {size} px here: --size {made_for}"
            self.notices += [notice] if notice not in self.notices else []
        super().prepare(inpaintings, batch, size)

    @torch.no_grad()
    def denoise(self, batch: DenoisingBatch) -> torch.Tensor:
        """As `DiffusionInpainter.denoise`. Raises InputError for a size that the network cannot halve as often as
        it has to."""
        unet, scheduler = self.pipeline.unet, self.pipeline.scheduler
        pixels, holes = self.picture_arguments(batch.images, batch.masks).values()
        _require_size(pixels, 2 ** (len(unet.config.block_out_channels) - 1))
        scheduler.known, scheduler.kept = (pixels * 2 - 1).to(unet.dtype), 1 - holes.to(unet.dtype)
        scheduler.set_timesteps(batch.settings["num_inference_steps"])
        picture: torch.Tensor = randn_tensor(
            pixels.shape, generator=batch.generators, device=pixels.device, dtype=unet.dtype
        )
        calls = len(scheduler.timesteps)
        for call, level in enumerate(scheduler.timesteps.tolist(), start=1):
            (picture,) = scheduler.step(unet(picture, level).sample, level, picture, batch.generators)
            batch.on_step(call, calls)
        return (picture / 2 + 0.5).clamp(0, 1)


def _require_size(pixels: torch.Tensor, multiple: int) -> None:
    height, width = pixels.shape[2:]
    if height % multiple or width % multiple:
        raise InputError(f"{width} x {height} px: this network needs sides that are multiples of {multiple} px")
