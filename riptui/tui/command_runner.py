"""Runs the commands of the browser's keys on what is chosen there: of each name one after another."""

from __future__ import annotations

from asyncio import Lock
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from riptui import tui
from riptui.tui.bindings import BROWSER
from riptui.tui.key_queue import OPENS_DIALOG
from riptui.tui.keymap import shown_key
from riptui.tui.runs.tree_panel import TreePanel

if TYPE_CHECKING:
    from riptui.store.worker_registry import Worker
    from riptui.tui.browser import Browser
    from riptui.tui.commands import CommandContext
    from riptui.tui.work_supervisor import WorkSupervisor


class CommandRunner:
    """For the UI thread. What commands queue is supervised until `close`."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._running: Counter[str] = Counter()  # the names of the commands that run, or wait for their turn
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)
        self._supervisor: WorkSupervisor | None = None  # None before the first command

    @property
    def is_running(self) -> bool:
        return self._running.total() > 0

    def start(self, name: str) -> None:
        """Start one of `commands` on the current row. While it runs on others, one that asks nothing waits for its
        turn; of one that would open a dialog by then the user is told to press its key again.
        """
        asks = tui.commands.COMMANDS[name].asks
        if self._running[name] and asks:
            self._browser.say(f"{_title(name)} is still at work: press the key again when it has ended", "warning")
            return
        self._running[name] += 1
        command = self._run(name, self._describe_state())
        self._browser.run_worker(command, group=OPENS_DIALOG if asks else "commands")

    def is_supervising(self, worker: Worker) -> bool:
        """Whether another worker is started if this one dies."""
        return self._supervisor is not None and self._supervisor.is_supervising(worker)

    def close(self) -> None:
        if self._supervisor is not None:
            self._supervisor.close()

    async def _run(self, name: str, context: CommandContext) -> None:
        """Run a command until it ends, after those of its name that came before."""
        try:
            async with self._turns[name]:
                await self._run_in_turn(name, context)
        finally:
            self._running[name] -= 1

    async def _run_in_turn(self, name: str, context: CommandContext) -> None:
        if tui.commands.COMMANDS[name].on_marked and context.marked and not context.paths:
            key = shown_key(self._browser.app, "runs.back")
            context.say(f"what is marked is hidden by the filter: {key} shows all", "warning")
            return
        await tui.commands.run_command(name, context)
        self._browser.look_again(context.paths)

    def _describe_state(self) -> CommandContext:
        browser = self._browser
        if self._supervisor is None:
            work_supervisor, on_end = tui.work_supervisor, browser.settings.on_end
            self._supervisor = work_supervisor.WorkSupervisor(browser.runs, browser.app.notify, on_end)
        row, tree, details = browser.runs_tree.current_row, browser.runs_tree, browser.details
        path = row.path if row else ""
        shown = details if details is not None and path == browser.shown_path else None
        return tui.commands.CommandContext(
            app=browser.app,
            runs=browser.runs,
            settings=browser.settings,
            graphics=browser.graphics,
            tree_model=tree.model,
            cursor_path=path,
            marked=bool(tree.marked),
            paths=browser.chosen_paths,
            go_to=browser.go_when_listed,
            look_again=browser.look_again,
            say=browser.say,
            supervisor=self._supervisor,
            filter_options=browser.query_one(TreePanel).filter_options(browser.runs),
            group_view=shown.group_view if shown and shown.current == "group" else None,
            frame=shown.trajectory_view.cursor.k if shown and shown.current == "trajectory" else None,
        )


def _title(name: str) -> str:
    """What the help calls a command."""
    return next(item.description for item in BROWSER if item.action == f"do('{name}')")
