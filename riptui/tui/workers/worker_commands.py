"""The keys of the workers' screen that start, shut down and kill workers: each asks first, and works in a thread."""

import asyncio
from pathlib import Path

from textual import work

from riptui.errors import InputError, RiptuiError
from riptui.store.worker_record import WorkerOptions
from riptui.supervision.client import kill_as_asked, shut_down, start_worker
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_queue import OPENS_DIALOG
from riptui.tui.workers import worker_choices
from riptui.tui.workers.worker_rows import DescribedWorker

LEAVES = "leaves after its current iteration"


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
            chosen = worker_choices.require_own_worker(self.chosen_worker, self.key_of, here=kill)
        except InputError as error:
            self.say(str(error), "warning")
            return

        def end(is_sure: bool | None) -> None:
            if is_sure:
                self._end_in_thread(chosen, kill=kill)

        self.app.push_screen(worker_choices.ask_kill(chosen) if kill else worker_choices.ask_shut_down(chosen), end)

    @work
    async def _end_in_thread(self, chosen: DescribedWorker, *, kill: bool) -> None:
        try:
            await asyncio.to_thread(kill_as_asked if kill else shut_down, chosen.worker)
        except RiptuiError as error:
            self.say(str(error), "warning")
        else:
            kills = f"{self.key_of('workers.kill')} kills it if it does not"
            asked = f"was asked to leave; {kills}" if chosen.worker.silent else LEAVES
            self.say(f"worker {chosen.title} {'was killed' if kill else asked}")

    @work(group=OPENS_DIALOG)
    async def action_start(self) -> None:
        """Ask for a device and start a worker."""
        runs = self._runs
        self.say("looking for GPUs …")
        uses = await asyncio.to_thread(worker_choices.read_gpu_uses, runs)
        if self.app.screen is not self:  # the user has opened another screen meanwhile
            return
        device = await self.app.push_screen_wait(worker_choices.ask_device(uses))
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
