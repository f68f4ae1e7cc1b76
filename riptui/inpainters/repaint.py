"""RePaint: Lugmayr et al. 2022, "RePaint: inpainting using denoising diffusion probabilistic models".

Loads a checkpoint of a UNet2DModel, of any pipeline of diffusers that generates pictures with one, such as DDPM's: a
network that was trained for pictures and knows no masks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import diffusers
import torch
from diffusers.utils.torch_utils import randn_tensor

from riptui.errors import InputError
from riptui.inpainters.diffusion import load_parts
from riptui.inpainters.models.checkpoint import SCHEDULER, SCHEDULER_CONFIG, read_json
from riptui.inpainters.models.identity import Weights
from riptui.inpainters.pipeline.assembly import PIXEL_NETWORK
from riptui.inpainters.pipeline.components import load_components
from riptui.inpainters.pipeline.diffusion_inpainter import DenoisingBatch, DiffusionInpainter
from riptui.inpainters.resampling_scheduler import Jumps, make_scheduler, require_jumps


def repaint(
    model: str,
    steps: int = 250,
    jump_length: int = 10,
    jump_samples: int = 10,
    eta: float = 0.0,
    allow_pickle: bool = False,
    **options: Any,
) -> PixelResampler:
    """Load a network of pixels. jump_length, jump_samples, eta: as `Jumps`. The others: as `diffusion.load_parts`.

    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    jumps = Jumps(jump_length, jump_samples, eta)
    loaded = load_parts(
        model,
        guidance=None,
        set_schedule=lambda pipeline: require_jumps(steps, jumps, pipeline.scheduler.config.num_train_timesteps, model),
        load_pipeline=partial(_load_pipeline, name=model, jumps=jumps, allow_pickle=allow_pickle),
        allow_pickle=allow_pickle,
        **options,
    )
    return PixelResampler(loaded, steps=steps, strength=1.0, guidance=None)


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


def _load_pipeline(weights: Weights, dtype: torch.dtype, *, name: str, jumps: Jumps, allow_pickle: bool) -> Any:
    """A pipeline of the network and RePaint's scheduler, on the CPU. Raises InputError, WeightsError."""
    checkpoint = weights.checkpoint
    if checkpoint.classes.get("unet", ("", ""))[1] != PIXEL_NETWORK or SCHEDULER not in checkpoint.classes:
        raise InputError(
            f"{name} cannot be used by repaint: it is a checkpoint for {checkpoint.pipeline}, and repaint needs one "
            f"with a {PIXEL_NETWORK} and a scheduler; latent-resampling takes any Stable Diffusion"
        )
    config = read_json(checkpoint.folder_of(SCHEDULER) / SCHEDULER_CONFIG, name)
    scheduler = make_scheduler(config, jumps, name, clip=bool(config.get("clip_sample", True)))
    loaded = load_components(checkpoint, name, ["unet"], dtype=dtype, allow_pickle=allow_pickle)
    _require_pixels(loaded["unet"].config, name)
    pipeline = diffusers.DDPMPipeline(loaded["unet"], scheduler)
    pipeline.vae_scale_factor = 1  # for a latent, here a pixel
    return pipeline


def _require_pixels(config: Mapping[str, Any], name: str) -> None:
    """Raise InputError for a network that takes or gives anything but a picture."""
    channels = (config.get("in_channels"), config.get("out_channels"))
    if channels != (3, 3):
        raise InputError(
            f"{name} cannot be used by repaint: it takes {channels[0]} and gives {channels[1]} channels, not 3"
        )
    if config.get("class_embed_type") or config.get("num_class_embeds"):
        raise InputError(f"{name} cannot be used by repaint: its network needs the class of what it paints")


def _require_size(pixels: torch.Tensor, multiple: int) -> None:
    height, width = pixels.shape[2:]
    if height % multiple or width % multiple:
        raise InputError(f"{width} x {height} px: this network needs sides that are multiples of {multiple} px")
