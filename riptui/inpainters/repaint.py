"""RePaint: Lugmayr et al. 2022, "RePaint: inpainting using denoising diffusion probabilistic models".

Loads a checkpoint of a UNet2DModel, of any pipeline of diffusers that generates pictures with one, such as DDPM's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import diffusers
import torch

from riptui.errors import InputError
from riptui.inpainters import CompileMode
from riptui.inpainters.devices import torch_device
from riptui.inpainters.models import moved_weights
from riptui.inpainters.models.checkpoint import SCHEDULER, SCHEDULER_CONFIG, Checkpoint, read_json
from riptui.inpainters.pipeline import gpu_tuning, placement
from riptui.inpainters.pipeline.assembly import PIXEL_NETWORK
from riptui.inpainters.pipeline.compilation import settle_mode
from riptui.inpainters.pipeline.components import load_components
from riptui.inpainters.pipeline.diffusion_inpainter import LoadedPipeline
from riptui.inpainters.pipeline.prompts import Prompts
from riptui.inpainters.resampling.pixel_resampler import PixelResampler
from riptui.inpainters.resampling.resampling_scheduler import Jumps, make_scheduler, require_jumps
from riptui.inpainters.silence import silence_libraries


def repaint(
    model: str,
    revision: str | None = None,
    dtype: str = "auto",
    steps: int = 250,
    jump_length: int = 10,
    jump_samples: int = 10,
    eta: float = 0.0,
    allow_pickle: bool = False,
    device: str = "",
    compile: CompileMode = "auto",
    deterministic: bool = False,
    recorded: Mapping[str, str] | None = None,
) -> PixelResampler:
    """Load a network of pixels. jump_length, jump_samples, eta: as `Jumps`. The others: as `diffusion.load_parts`.

    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    compile = settle_mode(compile, deterministic=deterministic)
    notes = gpu_tuning.set_determinism(deterministic)
    gpu_tuning.forget_compiled()
    chosen_device, jumps = torch_device.pick_device(device), Jumps(jump_length, jump_samples, eta)
    places: dict[str, Any] = {"model": model, "revision": revision, "allow_pickle": allow_pickle}
    with silence_libraries():
        weights, notices = moved_weights.find_weights(places, recorded or {})
        torch_dtype = torch_device.pick_dtype(dtype, weights.checkpoint.half_dtype, chosen_device)
        pipeline = load_pixel_pipeline(weights.checkpoint, model, jumps, dtype=torch_dtype, allow_pickle=allow_pickle)
        require_jumps(steps, jumps, pipeline.scheduler.config.num_train_timesteps, model)
        notes |= {"model": weights.checkpoint.place} | weights.notes
        notes |= gpu_tuning.set_tf32(torch_dtype, chosen_device)
        notes |= placement.place(pipeline, chosen_device, "none", model)
    weights.require_unchanged(model)
    loaded = LoadedPipeline(pipeline, {"": Prompts({}, {}, False)}, weights, notes, notices, compile)
    return PixelResampler(loaded, steps=steps, strength=1.0, guidance=None)


def load_pixel_pipeline(
    checkpoint: Checkpoint, name: str, jumps: Jumps, *, dtype: torch.dtype, allow_pickle: bool
) -> Any:
    """A pipeline of the network and RePaint's scheduler, on the CPU. Raises InputError, WeightsError."""
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
