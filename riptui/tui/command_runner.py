"""Runs the commands of the browser's keys on what is chosen there, each of them once at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from riptui import tui
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
        self._running: set[str] = set()  # the names of the running commands
        self._supervisor: WorkSupervisor | None = None  # None before the first command

    @property
    def is_running(self) -> bool:
        return bool(self._running)

    def start(self, name: str) -> None:
        """Start one of `commands` on the current row, unless it is running already."""
        if name not in self._running:
            self._running.add(name)
            (_start_with_dialog if tui.commands.COMMANDS[name].asks else _start_worker)(self._browser, self, name)

    def is_supervising(self, worker: Worker) -> bool:
        """Whether another worker is started if this one dies."""
        return self._supervisor is not None and self._supervisor.is_supervising(worker)

    def close(self) -> None:
        if self._supervisor is not None:
            self._supervisor.close()

    async def run(self, name: str) -> None:
        """Run a command until it ends."""
        try:
            context = self._describe_state()
            if tui.commands.COMMANDS[name].on_marked and context.marked and not context.paths:
                key = shown_key(self._browser.app, "runs.back")
                context.say(f"what is marked is hidden by the filter: {key} shows all", "warning")
                return
            await tui.commands.run_command(name, context)
            self._browser.look_again(context.paths)
        finally:
            self._running.discard(name)

    def _describe_state(self) -> CommandContext:
        browser = self._browser
        if self._supervisor is None:
            work_supervisor, on_end = tui.work_supervisor, browser.settings.on_end
            self._supervisor = work_supervisor.WorkSupervisor(browser.runs, browser.post_message, on_end)
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


@work
async def _start_worker(browser: Browser, runner: CommandRunner, name: str) -> None:
    await runner.run(name)


@work(group=OPENS_DIALOG)
async def _start_with_dialog(browser: Browser, runner: CommandRunner, name: str) -> None:
    await runner.run(name)
