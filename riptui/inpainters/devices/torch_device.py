"""The device and precision of a model, and the device's name in the session's record."""

from __future__ import annotations

import platform

import torch

from riptui.errors import InputError
from riptui.inpainters.silence import silence_libraries


def pick_device(name: str) -> torch.device:
    """The device of that name; "" for CUDA if there is one, otherwise the CPU. Raises InputError.

    A named GPU becomes this thread's current device, so that libraries and compiled kernels that use the default device
    run there and not on the first GPU.
    """
    if not name:
        with silence_libraries():  # about drivers too old for this torch: then it is the CPU
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"unknown device {name!r}: use cpu, cuda or cuda:N") from error
    if device.type == "cuda":
        with silence_libraries():
            count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            seen = f"{count} CUDA devices" if count else "no CUDA device (no driver, or a torch built without CUDA?)"
            raise InputError(f"no device {name}: torch sees {seen}. Use device cpu, or see riptui doctor")
        if device.index is not None:
            torch.cuda.set_device(device)
    elif device.type not in {"cpu", "mps"}:
        raise InputError(f"unknown device {name!r}: use cpu, cuda or cuda:N")
    return device


def pick_dtype(name: str, half: str, device: torch.device) -> torch.dtype:
    """The dtype of that name; auto: float32 on a CPU, the checkpoint's half precision on a GPU."""
    if name == "auto":
        name = "float32" if device.type == "cpu" else half
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def describe_device(device: torch.device) -> str:
    """A device with the name of the GPU or the kind of processor, as a session records it."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({platform.machine()})"
