"""Where the parts of a pipeline are: on the device, or in the computer's memory until they are needed there.

The same kernels compute the same numbers either way: what waits elsewhere costs time, and no pixel depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch

from riptui.errors import DeviceMemoryError, InputError, MissingExtraError
from riptui.inpainters import OffloadMode
from riptui.inpainters.devices import torch_device
from riptui.inpainters.pipeline import gpu_tuning
from riptui.inpainters.pipeline.components import first_line


def require_offload(offload: OffloadMode, device: torch.device) -> None:
    """Raise InputError if nothing can be offloaded from a device, MissingExtraError without accelerate."""
    if offload == "none":
        return
    if device.type != "cuda":
        raise InputError(f"offload={offload} is for a model larger than a GPU's memory, and the device is {device}")
    if find_spec("accelerate") is None:
        raise MissingExtraError(f"offload={offload}", "accelerate", "diffusion")


def place(pipeline: Any, device: torch.device, offload: OffloadMode, model: str) -> dict[str, str]:
    """Move a pipeline to its device, or let its parts be moved there when they are needed; choose its memory layout.

    Returns the notes. `model`: as the user named it. Raises DeviceMemoryError.
    """
    notes = {} if offload == "none" else {"offload": offload, **gpu_tuning.set_memory_format(pipeline, device)}
    moves: dict[OffloadMode, Callable[[], object]] = {
        "none": lambda: pipeline.to(device),
        "model": lambda: pipeline.enable_model_cpu_offload(device=device),
        "sequential": lambda: pipeline.enable_sequential_cpu_offload(device=device),
    }
    try:
        moves[offload]()
    except RuntimeError as error:
        if not gpu_tuning.is_out_of_memory(error):
            raise
        cause = first_line(error)
        hint = ". Try --offload model, or sequential" if offload == "none" and device.type == "cuda" else ""
        raise DeviceMemoryError(
            f"{torch_device.describe_device(device)} has not enough memory for {model}: {cause}{hint}"
        ) from None
    return notes or gpu_tuning.set_memory_format(pipeline, device)


def forget_dropped(pipeline: Any, device: torch.device, offload: OffloadMode) -> None:
    """Free the memory of parts that were taken out of a pipeline: its chain of moves still holds them."""
    if offload == "model":
        pipeline.enable_model_cpu_offload(device=device)


def enable_tiling(pipeline: Any) -> None:
    """As `enable_tiling_of`, for the pipeline's VAE."""
    enable_tiling_of(pipeline.vae)


def enable_tiling_of(vae: Any) -> None:
    """Encode and decode large pictures in tiles, blended where they overlap: other pixels, and less memory.

    Raises InputError.
    """
    try:
        vae.enable_tiling()
    except (AttributeError, NotImplementedError) as error:
        raise InputError(f"tiling: {type(vae).__name__} cannot work in tiles") from error
