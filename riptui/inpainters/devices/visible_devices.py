"""Which GPUs CUDA shows to a process, and as what: the rule of CUDA_VISIBLE_DEVICES. Never imports torch.

The entries are indexes or UUIDs, of which a beginning is enough, in the order in which CUDA counts. One that is not
valid ends the list, and one that is repeated empties it; of MIG devices CUDA uses the first one only.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from riptui.inpainters.devices.nvidia_smi import MachineGpu

VARIABLE = "CUDA_VISIBLE_DEVICES"
INDEX = re.compile(r"\s*[+-]?\d+", re.ASCII)  # what follows the digits is ignored: 1gpu is 1
UUID_PREFIXES = ("GPU-", "MIG-")


@dataclass(frozen=True)
class VisibleDevices:
    """What a process sees."""

    gpus: tuple[MachineGpu, ...]
    """In CUDA's order: the first one is cuda:0."""
    note: str = ""
    """What is odd about CUDA_VISIBLE_DEVICES; "": nothing."""


def count_visible(value: str | None, count: int) -> int:
    """How many of a machine's GPUs a process with this CUDA_VISIBLE_DEVICES sees, by its entries alone."""
    entries, _ = split_entries(value)
    if entries is None:
        return count
    if entries and entries[0].startswith("MIG-"):
        return min(count, 1)
    valid = takewhile(lambda entry: not entry.isdecimal() or int(entry) < count, entries)
    return min(count, len(list(valid)))


def split_entries(value: str | None) -> tuple[list[str] | None, str]:
    """The entries up to the first that is not valid, indexes as plain digits (None: all GPUs); and what is odd."""
    if value is None:
        return None, ""
    if not value.strip():
        return [], f"{VARIABLE} is empty, so that CUDA sees no GPU: unset it to use all"
    prefix = next((prefix for prefix in UUID_PREFIXES if value.startswith(prefix)), "")
    entries: list[str] = []
    for text in value.split(","):
        entry = _read_entry(text, prefix)
        if entry in entries:
            return [], f"{VARIABLE} names {entry} twice, so that CUDA sees no GPU"
        if entry is None:
            return entries, f"{VARIABLE}: {text.strip()!r} is not a device here: CUDA ignores it and all after it"
        entries.append(entry)
    return entries, ""


def _read_entry(text: str, prefix: str) -> str | None:
    """An entry; None if it is not valid. prefix: GPU- or MIG-, if the list began so; "": indexes."""
    if prefix:
        return text.strip() if text.startswith(prefix) else None
    found = INDEX.match(text)
    return str(int(found[0])) if found and int(found[0]) >= 0 else None


def find_visible(gpus: Sequence[MachineGpu], value: str | None = None) -> VisibleDevices:
    """Which of the machine's GPUs a process with this CUDA_VISIBLE_DEVICES sees; None: with that of this process."""
    value = os.environ.get(VARIABLE) if value is None else value
    entries, note = split_entries(value)
    if entries is None:
        whole = tuple(gpu for gpu in gpus if not gpu.mig_enabled)
        return VisibleDevices(whole or tuple(part for gpu in gpus for part in gpu.mig_devices)[:1])
    seen: list[MachineGpu] = []
    for entry in entries:
        found = find_gpu(gpus, entry)
        if found is None:
            note = f"{VARIABLE}: {entry} is not a device here: CUDA ignores it and all after it"
            break
        seen.append(found)
    if seen and seen[0].uuid.startswith("MIG-") and len(seen) > 1:
        note = f"{VARIABLE} names {len(seen)} MIG devices, of which CUDA uses the first one only"
        seen = seen[:1]
    return VisibleDevices(tuple(seen), note)


def find_gpu(gpus: Sequence[MachineGpu], name: str) -> MachineGpu | None:
    """The GPU or MIG device by its index as nvidia-smi counts, or the beginning of its UUID, if it is the only one.

    A GPU that is split into MIG devices is its first one, as CUDA has it.
    """
    if name.isdecimal():
        gpu = next((gpu for gpu in gpus if gpu.index == int(name)), None)
    else:
        everything = [*gpus, *(part for gpu in gpus for part in gpu.mig_devices)]
        matching = [gpu for gpu in everything if gpu.uuid.lower().startswith(name.lower())]
        exact = [gpu for gpu in matching if gpu.uuid.lower() == name.lower()]
        gpu = next(iter(exact or (matching if len(matching) == 1 else [])), None)
    if gpu is not None and gpu.mig_enabled:
        return next(iter(gpu.mig_devices), None)
    return gpu


def is_order_known(gpus: Sequence[MachineGpu]) -> bool:
    """Whether CUDA counts the GPUs as nvidia-smi does. By default it has the fastest first; it is known if it is set to
    the order of the bus, or if all are alike."""
    return os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or len({gpu.name for gpu in gpus}) < 2


def is_visible(gpus: Sequence[MachineGpu], gpu: MachineGpu) -> bool:
    """Whether this process may use a GPU or MIG device: CUDA_VISIBLE_DEVICES shows it. Unset, it shows all MIG devices
    too, of which a process may choose one."""
    return os.environ.get(VARIABLE) is None or gpu in find_visible(gpus).gpus
