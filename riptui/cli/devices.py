"""`riptui devices`: the GPUs of this machine, and what --devices would take."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from riptui.cli.console import print_json, print_line, print_table, warn
from riptui.inpainters.devices.device_names import count_cuda_devices
from riptui.inpainters.devices.nvidia_smi import query_gpus
from riptui.inpainters.devices.visible_devices import find_visible, is_order_known
from riptui.supervision.device_choice import GpuUse, choose_devices, list_gpu_uses
from riptui.text.terminal import printable
from riptui.text.units import format_size


def devices(wanted: str, runs: Path, as_json: bool) -> int:
    gpus = query_gpus()
    uses = list_gpu_uses(runs, gpus)
    if wanted:
        chosen = ["cpu"] if wanted == "cpu" else choose_devices(wanted, runs)
        if as_json:
            print_json(chosen)
            return 0
        for device in chosen:
            print_line(describe_choice(device, uses))
        return 0
    if as_json:
        print_json([as_dict(use) for use in uses])
        return 0
    if uses:
        print_table([make_table(uses)])
    else:
        warn(_explain_nothing())
    if note := find_visible(gpus).note:
        warn(note)
    if not is_order_known(gpus):
        warn("these GPUs differ, and CUDA counts the fastest first: use UUIDs, or set CUDA_DEVICE_ORDER=PCI_BUS_ID")
    return 0


def describe_choice(device: str, uses: Sequence[GpuUse]) -> str:
    """A device with what is known of it."""
    use = next((use for use in uses if use.device == device), None)
    return f"{device}  {use.gpu.name} ({use.gpu.uuid}): {use.reason}" if use else device


def make_table(uses: Sequence[GpuUse]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for title in ("device", "use", "memory", "name and UUID, and why"):
        table.add_column(title, no_wrap=title in ("device", "use"))
    for use in uses:
        style = {"free": "green", "own": "green", "taken": "yellow"}.get(use.use, "dim")
        device = use.device if use.device.startswith("cuda") else "by UUID" if use.device else "none"
        text = Text(printable(f"{use.gpu.name}  {use.gpu.uuid}")).append("\n").append(printable(use.reason), "dim")
        table.add_row(device, Text(use.use, style), _format_memory(use), text)
    return table


def _format_memory(use: GpuUse) -> str:
    if use.gpu.memory_total is None:
        return ""
    used = "?" if use.gpu.memory_used is None else format_size(use.gpu.memory_used)
    return f"{used} of {format_size(use.gpu.memory_total)}"


def _explain_nothing() -> str:
    count = count_cuda_devices()
    return f"nvidia-smi lists no GPU here{', but there are some in /dev' if count else ''}; see riptui doctor"


def as_dict(use: GpuUse) -> dict[str, object]:
    """The JSON of one device."""
    gpu = use.gpu
    processes = [{"pid": each.pid, "name": each.name, "memory": each.memory} for each in gpu.processes]
    return {
        "device": use.device or None,
        "uuid": gpu.uuid,
        "name": gpu.name,
        "index": gpu.index,
        "use": use.use,
        "reason": use.reason,
        "memory_used": gpu.memory_used,
        "memory_total": gpu.memory_total,
        "processes": processes,
    }
