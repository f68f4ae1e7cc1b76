"""Worker options from those on the command line."""

import os
from typing import Any

from riptui.inpainters.devices import require_device
from riptui.store.worker_registry import WorkerOptions


def take_worker_options(parameters: dict[str, Any]) -> WorkerOptions:
    """Move the worker's options out of a command's parameters. Raises InputError for an unknown device.

    --offline holds for this process too.
    """
    names = WorkerOptions.__struct_fields__
    options = WorkerOptions(**{name: parameters.pop(name) for name in names if name in parameters})
    if options.offline:
        os.environ.update(HF_HUB_OFFLINE="1", RIPTUI_OFFLINE="1")
    require_device(options.device)
    return options
