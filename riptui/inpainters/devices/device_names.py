"""Checks a device's name without importing torch, which takes seconds."""

import os
import re
import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from riptui.errors import InputError, MissingExtraError
from riptui.inpainters.devices.nvidia_smi import query_gpus
from riptui.inpainters.devices.visible_devices import UUID_PREFIXES, count_visible, find_gpu, is_visible

DEVICE_NAME = re.compile(r"cpu|mps|cuda(?::([0-9]{1,3}))?|(?:GPU|MIG)-[0-9A-Za-z/-]{1,100}", re.ASCII)
DRIVERS = ("nvidia[0-9]*", "kfd", "dxg")
"""In /dev: NVIDIA's cards, AMD's driver, Windows' for Linux."""


def require_device(device: str) -> None:
    """Raise InputError for a device that cannot exist here; "" is always valid. torch checks the rest on first use.

    Raises MissingExtraError for a GPU without torch.
    """
    match = DEVICE_NAME.fullmatch(device)
    if device and not match:
        raise InputError(f"unknown device {device!r}: use cpu, cuda or cuda:N, or a UUID: GPU-... or MIG-...")
    if not device.startswith(("cuda", *UUID_PREFIXES)):
        return
    if (torch := find_spec("torch")) is None or torch.origin is None:
        raise MissingExtraError(f"device {device}", "torch", "diffusion")
    if is_cpu_build(Path(torch.origin).with_name("version.py")):
        raise InputError(
            f"no device {device}: the installed torch supports only the CPU. Use device cpu, or see riptui doctor"
        )
    count = count_cuda_devices()
    if device.startswith(UUID_PREFIXES):
        _require_uuid(device)
    elif int((match and match[1]) or 0) >= count:
        seen = f"{count} CUDA devices, numbered from 0" if count > 1 else "only cuda:0" if count else "no CUDA device"
        raise InputError(f"no device {device}: this machine has {seen}. Use device cpu, or see riptui doctor")


def _require_uuid(uuid: str) -> None:
    """Raise InputError for the UUID of a GPU that nvidia-smi does not list, or that CUDA_VISIBLE_DEVICES hides."""
    gpus = query_gpus()
    found = find_gpu(gpus, uuid)
    if gpus and found is None:
        raise InputError(f"no device {uuid}: no GPU here has a UUID that begins so, or several do; see riptui devices")
    if found is not None and not is_visible(gpus, found):
        raise InputError(f"no device {uuid}: CUDA_VISIBLE_DEVICES hides it; see riptui devices")


def count_cuda_devices() -> int:
    """The number of GPUs that this process may use; 99 if there are some that cannot be counted."""
    cards = {name: len(list(Path("/dev").glob(name))) for name in DRIVERS}
    count = cards["nvidia[0-9]*"] or (99 if any(cards.values()) else 0)
    return count_visible(os.environ.get("CUDA_VISIBLE_DEVICES"), count)


def torch_name(device: str) -> str:
    """The name by which torch knows a worker's device: one named by its UUID is the only one that CUDA shows."""
    return "cuda:0" if device.startswith(UUID_PREFIXES) else device


def show_only(device: str) -> None:
    """Have CUDA show this process one device only, if that is named by its UUID. Call it before CUDA is initialised."""
    if device.startswith(UUID_PREFIXES):
        os.environ["CUDA_VISIBLE_DEVICES"] = device


def is_cpu_build(version_file: Path) -> bool:
    """Whether torch, by its version.py, was built without CUDA and HIP; False if that cannot be read."""
    try:
        built: dict[str, Any] = runpy.run_path(str(version_file))
    except OSError:
        return False
    return built.get("cuda") is None and built.get("hip") is None
