"""Worker options from those on the command line."""

import os

from riptui.inpainters import CompileMode
from riptui.inpainters.devices import require_device
from riptui.supervision.client import WorkerOptions


def build_worker_options(
    device: str, batch: int | None, compile: CompileMode, deterministic: bool, offline: bool
) -> WorkerOptions:
    """The checked options. `offline` also applies to this process. Raises InputError for an unknown device."""
    if offline:
        os.environ.update(HF_HUB_OFFLINE="1", RIPTUI_OFFLINE="1")
    require_device(device)
    return WorkerOptions(device, batch, compile, deterministic, offline)
