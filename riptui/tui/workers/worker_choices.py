"""Questions before a worker is started, shut down or killed."""

from collections.abc import Sequence
from pathlib import Path

from riptui.errors import InputError
from riptui.inpainters.devices.device_names import require_device
from riptui.inpainters.devices.nvidia_smi import query_gpus
from riptui.supervision.device_choice import GpuUse, list_gpu_uses
from riptui.text.units import format_count
from riptui.tui.dialogs import ChoiceDialog, ConfirmDialog, DialogChoice
from riptui.tui.keymap import KeyNames
from riptui.tui.workers.worker_rows import DescribedWorker

MAX_GPUS = 9  # that a digit chooses


def read_gpu_uses(runs: Path) -> list[GpuUse]:
    """The GPUs that a worker can be started on, with who uses them. For a thread: nvidia-smi may take seconds."""
    return [use for use in list_gpu_uses(runs, query_gpus()) if use.device and _is_usable(use.device)]


def _is_usable(device: str) -> bool:
    try:
        require_device(device)
    except InputError:
        return False
    return True


def ask_device(uses: Sequence[GpuUse]) -> ChoiceDialog[str]:
    """Which device a new worker computes on; "" is the best there is."""
    choices = [
        DialogChoice(
            str(number), f"{use.device if use.gpu.uuid != use.device else use.gpu.name}: {use.reason}", use.device
        )
        for number, use in enumerate(uses[:MAX_GPUS], 1)
    ]
    choices += [DialogChoice("b", "the best device there is", ""), DialogChoice("c", "cpu", "cpu")]
    return ChoiceDialog("Start a worker on", choices)


def ask_shut_down(chosen: DescribedWorker) -> ConfirmDialog:
    text = f"Shut down worker {chosen.title}? It finishes its current iteration; what it computes stays queued."
    if chosen.worker.record.command:
        text = f"End riptui {chosen.worker.record.command} (process {chosen.title}), as Ctrl-C does?"
    return ConfirmDialog("Shut down", text, yes="Shut down")


def ask_kill(chosen: DescribedWorker) -> ConfirmDialog:
    jobs = chosen.worker.live.jobs if chosen.worker.live else ()
    text = f"Kill worker {chosen.title} at once?"
    if jobs:
        text += f" The current iteration of {format_count(len(jobs), 'trajectory')} is lost; the rest stays queued."
    return ConfirmDialog("Kill", text, yes="Kill", destructive=True)


def require_own_worker(chosen: DescribedWorker | None, key: KeyNames, *, here: bool = False) -> DescribedWorker:
    """A running worker that this user may end. here: from this machine only. Raises InputError."""
    if chosen is None:
        raise InputError(f"no worker runs; {key('workers.start')} starts one")
    if not chosen.worker.alive:
        raise InputError(f"worker {chosen.title} has ended")
    if not chosen.is_own:
        whose = chosen.user or "another user"
        raise InputError(f"worker {chosen.title} is {whose}'s, and only {whose} ends it")
    if chosen.worker.record.study:
        raise InputError(f"it belongs to a study: riptui study stop {chosen.worker.record.study}")
    if here and not chosen.is_here:
        stop = key("workers.stop")
        raise InputError(f"worker {chosen.title} runs on another machine: shut it down ({stop}), or kill it there")
    return chosen
