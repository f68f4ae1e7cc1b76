"""Where the parts of a pipeline are: on the device, or in the computer's memory until they are needed there.

The same kernels compute the same numbers either way: what waits elsewhere costs time, and no pixel depends on it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch

from riptui.errors import InputError, MissingExtraError
from riptui.inpainters import OffloadMode
from riptui.inpainters.pipeline import gpu_tuning


def require_offload(offload: OffloadMode, device: torch.device) -> None:
    """Raise InputError if nothing can be offloaded from a device, MissingExtraError without accelerate."""
    if offload == "none":
        return
    if device.type != "cuda":
        raise InputError(f"offload={offload} is for a model larger than a GPU's memory, and the device is {device}")
    if find_spec("accelerate") is None:
        raise MissingExtraError(f"offload={offload}", "accelerate", "diffusion")


def place(pipeline: Any, device: torch.device, offload: OffloadMode, model: str) -> dict[str, str]:
    """Move a pipeline to its device, or have its parts moved there when they are needed; choose its memory layout.

    Returns the notes for the session. `model`: as the user named it. Raises DeviceMemoryError.
    """
    if offload == "none":
        hint = ". Try --offload model, or sequential" if device.type == "cuda" else ""
        gpu_tuning.run_within_memory(lambda: pipeline.to(device), device, model, hint)
        return gpu_tuning.set_memory_format(pipeline, device)
    notes = {"offload": offload, **gpu_tuning.set_memory_format(pipeline, device)}
    enable = pipeline.enable_model_cpu_offload if offload == "model" else pipeline.enable_sequential_cpu_offload
    gpu_tuning.run_within_memory(lambda: enable(device=device), device, model)
    return notes


def forget_dropped(pipeline: Any, device: torch.device, offload: OffloadMode) -> None:
    """Free the memory of parts that were taken out of a pipeline: the hooks that move its parts still hold them."""
    if offload == "model":
        pipeline.enable_model_cpu_offload(device=device)


def enable_tiling(vae: Any) -> None:
    """Have a VAE encode and decode large pictures in tiles, blended where they overlap: other pixels, and less memory.

    Raises InputError if it cannot.
    """
    try:
        vae.enable_tiling()
    except (AttributeError, NotImplementedError) as error:
        raise InputError(f"tiling: {type(vae).__name__} cannot work in tiles") from error
