"""How trajectories are computed, from the options on the command line."""

import os
from dataclasses import dataclass
from typing import Any

import msgspec

from riptui.cli.care import Care
from riptui.errors import InputError
from riptui.inpainters.devices.device_names import require_device
from riptui.store.worker_record import WorkerOptions
from riptui.supervision.device_choice import resolve_uuid


@dataclass(frozen=True)
class ExecutionOptions:
    """The options by which a command has trajectories computed, and shows it."""

    worker: WorkerOptions
    care: Care
    display: str
    """auto, rich, plain, json or none."""
    detach: bool

    @property
    def is_for_people(self) -> bool:
        return self.display not in ("json", "none")


def take_execution_options(parameters: dict[str, Any]) -> ExecutionOptions:
    """Move the options of `run`, `generate` and `resume` out of a command's parameters. Raises InputError."""
    worker = take_worker_options(parameters)
    care = Care.of(parameters.pop("on_end"), parameters.pop("timeout"))
    as_json, display = parameters.pop("as_json"), parameters.pop("display")
    return ExecutionOptions(worker, care, "json" if as_json else display, parameters.pop("detach"))


def take_worker_options(parameters: dict[str, Any]) -> WorkerOptions:
    """Move the worker's options out of a command's parameters. Raises InputError for a device that is not here.

    --offline holds for this process too.
    """
    names = WorkerOptions.__struct_fields__
    computes_here = "device" in parameters  # a study's workers may be on other machines
    options = WorkerOptions(**{name: parameters.pop(name) for name in names if name in parameters})
    if options.offline:
        os.environ.update(HF_HUB_OFFLINE="1", RIPTUI_OFFLINE="1")
    if options.offload != "none" and computes_here:
        if options.device == "cpu":
            raise InputError(f"--offload {options.offload} is for a GPU with too little memory, not for device cpu")
        require_device(options.device or "cuda")
    require_device(options.device)
    return msgspec.structs.replace(options, device=resolve_uuid(options.device))
