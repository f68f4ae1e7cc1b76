"""The context of a command: the selection, the settings, and how to notify and ask. Knows no command."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from textual.app import App
from textual.screen import Screen

from riptui.errors import RiptuiError
from riptui.graphics.protocol import Graphics
from riptui.settings import Settings
from riptui.store.trajectory import Status, Trajectory
from riptui.text.units import format_count
from riptui.tui.runs.tree_model import TreeModel
from riptui.tui.work_supervisor import WorkSupervisor

if TYPE_CHECKING:  # NumPy
    from riptui.tui.group.view import GroupView

Returned = TypeVar("Returned")
Subject = TypeVar("Subject")


@dataclass(frozen=True)
class CommandContext:
    """The state when a command starts. For the UI thread."""

    app: App[None]
    runs: Path
    settings: Settings
    graphics: Graphics
    tree_model: TreeModel
    cursor_path: str  # the path under the cursor, relative to the runs folder; "" if there are no rows
    marked: bool  # whether trajectories are marked, which then are the selected ones
    paths: Sequence[str]
    """The selected trajectories, relative to the runs folder: those that are marked; else the one under the cursor, or
    those of the group. With a filter only the visible ones, so that nothing is stopped or deleted unseen."""
    go_to: Callable[[str], Awaitable[None]]  # move the cursor to a path, as soon as it is listed
    look_again: Callable[[Iterable[str]], None]  # show soon what was done to trajectories, by their paths
    say: Callable[[str, Literal["information", "warning"]], None]  # in the status line
    supervisor: WorkSupervisor
    filter_options: Sequence[str] = ()  # for a riptui command, so that it takes only what the filter leaves
    group_view: "GroupView | None" = None  # if the group under the cursor is shown
    frame: int | None = None  # the frame on the screen, if the trajectory under the cursor is shown

    @property
    def is_group(self) -> bool:
        return self.tree_model.is_group(self.cursor_path)

    def describe(self) -> str:
        """What a command is about: 6 marked trajectories, a trajectory's path, or a group's with its count."""
        count = len(self.paths)
        if self.marked:
            return f"{count:,} marked {'trajectory' if count == 1 else 'trajectories'}"
        if not self.is_group:
            return self.cursor_path
        filter_note = " in the filter" if self.tree_model.filter else ""
        return f"{self.cursor_path} ({format_count(count, 'trajectory')}{filter_note})"

    def find_by_status(self, *statuses: Status) -> list[Trajectory]:
        """The selected trajectories that have one of these statuses in the tree; none that were removed meanwhile."""
        entries = self.tree_model.entries
        listed = [entries[path] for path in self.paths if path in entries]
        return [Trajectory(self.runs / entry.path) for entry in listed if entry.status in statuses]

    async def apply_to_each(
        self, subjects: Iterable[Subject], action: Callable[[Subject], object]
    ) -> list[RiptuiError]:
        """Do something to each in a thread, whatever happens to the others; return what went wrong."""

        def apply() -> Iterator[RiptuiError]:
            for subject in subjects:
                try:
                    action(subject)
                except RiptuiError as error:
                    yield error

        return await asyncio.to_thread(list, apply())

    def notify(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        """Say in the status line what was done, or why nothing was; show a toast for an error.

        The text need not be printable.
        """
        if severity == "error":
            self.app.notify(text, severity="error", timeout=10)
        else:
            self.say(text, severity)

    async def show_dialog(self, screen: Screen[Returned]) -> Returned | None:
        return await self.app.push_screen_wait(screen)

    async def ensure_worker(self, trajectories: Sequence[Trajectory]) -> None:
        """Start a worker for queued trajectories unless one is running, and keep one running. Raises WorkerError."""
        await asyncio.to_thread(self.supervisor.supervise, trajectories)
