"""What can be known of a device without importing torch, which takes seconds."""

import os
import re
import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from riptui.errors import InputError, MissingExtraError

DEVICE = re.compile(r"cpu|mps|cuda(?::([0-9]{1,3}))?")
DRIVERS = ("nvidia[0-9]*", "kfd", "dxg")
"""In /dev: NVIDIA's cards, AMD's driver, Windows' for Linux."""


def require_device(asked: str) -> None:
    """Raise InputError for a device that cannot be there; "" is the best there is. More is known when it is used."""
    match = DEVICE.fullmatch(asked)
    if asked and not match:
        raise InputError(f"{asked!r} is no device: give cpu, cuda or cuda:0")
    if not asked.startswith("cuda"):
        return
    if (torch := find_spec("torch")) is None or torch.origin is None:
        raise MissingExtraError(f"device {asked}", "torch", "diffusion")
    if _built_for_cpu(Path(torch.origin).with_name("version.py")):
        raise InputError(f"no device {asked}: the installed torch is one for CPUs. Use device cpu, or riptui doctor")
    cards = {name: len(list(Path("/dev").glob(name))) for name in DRIVERS}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = cards["nvidia[0-9]*"] or (99 if any(cards.values()) else 0)
    if visible is not None:
        count = min(count, len([one for one in visible.split(",") if one.strip() not in ("", "-1")]))
    if int((match and match[1]) or 0) >= count:
        seen = f"CUDA device 0 to {count - 1}" if count else "no CUDA device"
        raise InputError(f"no device {asked}: this machine shows {seen}. Use device cpu, or riptui doctor")


def _built_for_cpu(version: Path) -> bool:
    try:
        built: dict[str, Any] = runpy.run_path(str(version))
    except OSError:
        return False
    return built.get("cuda") is None and built.get("hip") is None
