"""Which GPUs the workers of a command use: those that were named, in that order, all, or those that others leave free.

nvidia-smi tells who uses a GPU. Others are all processes but the workers of the same runs folder.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from riptui.errors import InputError
from riptui.inpainters.devices.device_names import count_cuda_devices, require_device
from riptui.inpainters.devices.nvidia_smi import MachineGpu, query_gpus
from riptui.inpainters.devices.visible_devices import (
    UUID_PREFIXES,
    VisibleDevices,
    find_gpu,
    find_visible,
    is_order_known,
    is_visible,
)
from riptui.store.worker_registry import Worker
from riptui.supervision.client import list_running_workers
from riptui.text.units import format_count, format_size

UNKNOWN_GPU_COUNT = 99
MAX_IDLE_BYTES = 2**30  # bytes in use on a free GPU by no known process: the driver's own, a desktop's
Use = Literal["free", "own", "taken", "hidden", "unknown"]


@dataclass(frozen=True)
class GpuUse:
    """A GPU or MIG device, and who uses it."""

    device: str
    """The name for --devices: its number for CUDA, cuda:0, or its UUID; "" if this process cannot use it."""
    gpu: MachineGpu
    use: Use
    reason: str
    """Why it counts as free or not."""

    @property
    def is_free(self) -> bool:
        return self.use in ("free", "own")


def list_gpu_uses(runs: Path, gpus: Sequence[MachineGpu]) -> list[GpuUse]:
    """Who uses each of this machine's GPUs, and each MIG device, by what nvidia-smi says."""
    visible = find_visible(gpus)
    workers = [worker for worker in list_running_workers(runs) if worker.is_here and worker.is_own]
    devices = [part for gpu in gpus for part in (gpu.mig_devices if gpu.mig_enabled else (gpu,))]
    return [_describe(gpu, gpus, visible, workers) for gpu in devices]


def _describe(
    gpu: MachineGpu, gpus: Sequence[MachineGpu], visible: VisibleDevices, workers: Sequence[Worker]
) -> GpuUse:
    if not is_visible(gpus, gpu):
        return GpuUse("", gpu, "hidden", f"CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', '')} hides it")
    device = name_device(gpu, gpus, visible)
    own = {worker.record.pid: worker for worker in workers}
    here = [own[process.pid].record.id for process in gpu.processes if process.pid in own]
    here = here or [worker.record.id for worker in workers if worker.record.device == device]
    return GpuUse(device, gpu, *_judge(gpu, own.keys(), here))


def _judge(gpu: MachineGpu, own: Collection[int], here: Sequence[str]) -> tuple[Use, str]:
    """own: the process ids of own workers; here: the ids of those that use this GPU."""
    others = [process for process in gpu.processes if process.pid not in own]
    if others:
        names = ", ".join(f"{Path(process.name).name or 'a process'} (pid {process.pid})" for process in others[:2])
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        return "taken", f"{names}{more} {'uses' if len(others) == 1 else 'use'} it"
    if here:
        return "own", f"only this runs folder's {format_count(len(here), 'worker')} use{'s' * (len(here) == 1)} it"
    if gpu.memory_used is None:
        return "unknown", "nvidia-smi does not say how much of its memory is in use"
    if gpu.memory_used > MAX_IDLE_BYTES:
        size = format_size(gpu.memory_used)
        return "taken", f"{size} of its memory are in use, by processes that are not seen from here"
    return "free", f"no process uses it, {format_size(gpu.memory_used)} of its memory are in use"


def name_device(gpu: MachineGpu, gpus: Sequence[MachineGpu], visible: VisibleDevices) -> str:
    """The name of a device for a worker: one name for each, so that a worker that runs there is found."""
    if gpu in visible.gpus and not gpu.uuid.startswith("MIG-") and is_order_known(gpus):
        return f"cuda:{visible.gpus.index(gpu)}"
    return gpu.uuid


def resolve_uuid(device: str) -> str:
    """The one name of a device that was given by the beginning of its UUID; other devices as they are."""
    if not device.startswith(UUID_PREFIXES):
        return device
    gpus = query_gpus()
    found = find_gpu(gpus, device)
    return device if found is None else name_device(found, gpus, find_visible(gpus))


def choose_devices(text: str, runs: Path) -> list[str]:
    """The devices of --devices, in the user's order: cuda:0, or UUIDs. Raises InputError.

    text: "all", "free", or a list of numbers, as CUDA counts what it shows to this process, of UUIDs or their
    beginnings, and of cuda:N.
    """
    if text == "free":
        return _choose_free(runs)
    if text == "all":
        return _choose_all(runs)
    names: dict[str, str] = {}  # what the user wrote, by the device
    for part in (part.strip() for part in text.split(",")):
        name = f"cuda:{int(part)}" if part.isdecimal() else "cuda:0" if part == "cuda" else part
        require_device(name)
        name = resolve_uuid(name)
        if part and names.get(name, part) != part:
            raise InputError(f"--devices: {names[name]} and {part} are the same device; give it once")
        if part:
            names[name] = part
    if not names:
        raise InputError("--devices names no device: give numbers, e.g. 0,1, UUIDs, all, free or cpu")
    return list(names)


def _choose_all(runs: Path) -> list[str]:
    """All GPUs, and of those that are split into MIG devices all of these."""
    count = count_cuda_devices()
    if count == UNKNOWN_GPU_COUNT:
        raise InputError("could not count the GPUs of this machine: name them, e.g. --devices 0,1")
    if not count:
        raise InputError("no GPU found on this machine: use --devices cpu, or see riptui doctor")
    gpus = query_gpus()
    if any(gpu.mig_enabled for gpu in gpus):
        return [use.device for use in list_gpu_uses(runs, gpus) if use.device]
    return [f"cuda:{index}" for index in range(count)]


def _choose_free(runs: Path) -> list[str]:
    gpus = query_gpus()
    if not gpus:
        raise InputError("--devices free: nvidia-smi lists no GPU here; name the devices, or use --devices cpu")
    uses = list_gpu_uses(runs, gpus)
    free = [use.device for use in uses if use.is_free]
    if not free:
        reasons = "; ".join(f"{use.device or use.gpu.uuid}: {use.reason}" for use in uses)
        raise InputError(f"--devices free: no GPU is free ({reasons}); see riptui devices")
    for device in free:
        require_device(device)
    return free
