"""The keys of the workers' screen that start, shut down and kill workers: each asks first, and works in a thread."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from textual import work

from riptui.errors import InputError, RiptuiError
from riptui.inpainters.devices.device_names import require_device
from riptui.inpainters.devices.nvidia_smi import query_gpus
from riptui.store.worker_record import WorkerOptions
from riptui.supervision.client import kill_as_asked, shut_down, start_worker
from riptui.supervision.device_choice import GpuUse, list_gpu_uses
from riptui.text.units import format_count
from riptui.tui.dialogs import ChoiceDialog, ConfirmDialog, DialogChoice
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_queue import OPENS_DIALOG
from riptui.tui.keymap import KeyNames
from riptui.tui.workers.worker_rows import DescribedWorker

MAX_GPUS = 9  # that a digit chooses


class WorkerCommands(InnerScreen[str]):
    """A screen with a chosen worker, and what is done to it."""

    def __init__(self, runs: Path) -> None:
        super().__init__()
        self._runs = runs

    @property
    def chosen_worker(self) -> DescribedWorker | None:
        """The worker at the cursor."""
        raise NotImplementedError

    def expect_worker(self, id: str) -> None:
        """Put the cursor on a worker as soon as it is listed."""
        raise NotImplementedError

    def action_kill(self) -> None:
        self.end_worker(kill=True)

    def end_worker(self, *, kill: bool = False) -> None:
        """Shut down or kill the chosen worker, after a question."""
        try:
            chosen = require_own_worker(self.chosen_worker, self.key_of, here=kill)
        except InputError as error:
            self.say(str(error), "warning")
            return

        def end(is_sure: bool | None) -> None:
            if is_sure:
                self._end_in_thread(chosen, kill=kill)

        self.app.push_screen(ask_kill(chosen) if kill else ask_shut_down(chosen), end)

    @work
    async def _end_in_thread(self, chosen: DescribedWorker, *, kill: bool) -> None:
        try:
            await asyncio.to_thread(kill_as_asked if kill else shut_down, chosen.worker)
        except RiptuiError as error:
            self.say(str(error), "warning")
        else:
            kills = f"{self.key_of('workers.kill')} kills it if it does not"
            asked = f"was asked to leave; {kills}" if chosen.worker.silent else "leaves after its current iteration"
            self.say(f"worker {chosen.title} {'was killed' if kill else asked}")

    @work(group=OPENS_DIALOG)
    async def action_start(self) -> None:
        """Ask for a device and start a worker."""
        runs = self._runs
        self.say("looking for GPUs …")
        uses = await asyncio.to_thread(read_gpu_uses, runs)
        if self.app.screen is not self:  # the user has opened another screen meanwhile
            return
        device = await self.app.push_screen_wait(ask_device(uses))
        if device is None:
            self.say("no worker was started")
            return
        self.say("starting a worker …")
        try:
            worker = await asyncio.to_thread(start_worker, runs, WorkerOptions(device=device))
        except RiptuiError as error:
            self.notify(str(error), severity="error", timeout=10)
        else:
            self.say(f"worker {worker.record.pid} was started")
            self.expect_worker(worker.record.id)


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
