"""Checks of a device's name without importing torch, which takes seconds."""

import os
import re
import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from riptui.errors import InputError, MissingExtraError

DEVICE_NAME = re.compile(r"cpu|mps|cuda(?::([0-9]{1,3}))?")
DRIVERS = ("nvidia[0-9]*", "kfd", "dxg")
"""In /dev: NVIDIA's cards, AMD's driver, Windows' for Linux."""


def require_device(device: str) -> None:
    """Raise InputError for a device that cannot exist here; "" is always valid. torch checks the rest on first use."""
    match = DEVICE_NAME.fullmatch(device)
    if device and not match:
        raise InputError(f"unknown device {device!r}: use cpu, cuda or cuda:N")
    if not device.startswith("cuda"):
        return
    if (torch := find_spec("torch")) is None or torch.origin is None:
        raise MissingExtraError(f"device {device}", "torch", "diffusion")
    if is_cpu_build(Path(torch.origin).with_name("version.py")):
        raise InputError(
            f"no device {device}: the installed torch supports only the CPU. Use device cpu, or see riptui doctor"
        )
    count = count_cuda_devices()
    if int((match and match[1]) or 0) >= count:
        seen = f"{count} CUDA devices, numbered from 0" if count > 1 else "only cuda:0" if count else "no CUDA device"
        raise InputError(f"no device {device}: this machine has {seen}. Use device cpu, or see riptui doctor")


def count_cuda_devices() -> int:
    """The number of GPUs that this process may use; 99 if there are some that cannot be counted."""
    cards = {name: len(list(Path("/dev").glob(name))) for name in DRIVERS}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = cards["nvidia[0-9]*"] or (99 if any(cards.values()) else 0)
    if visible is not None:
        count = min(count, len([index for index in visible.split(",") if index.strip() not in ("", "-1")]))
    return count


def is_cpu_build(version_file: Path) -> bool:
    try:
        built: dict[str, Any] = runpy.run_path(str(version_file))
    except OSError:
        return False
    return built.get("cuda") is None and built.get("hip") is None
