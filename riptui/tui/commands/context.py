"""The context of a command: the selection, the settings, and how to notify and ask. Knows no command."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from textual.app import App
from textual.screen import Screen

from riptui.graphics.protocol import Graphics
from riptui.settings import Settings
from riptui.store.trajectory import Status, Trajectory
from riptui.text.terminal import printable
from riptui.tui.runs.tree_model import TreeModel
from riptui.tui.work_supervisor import WorkSupervisor

Returned = TypeVar("Returned")


@dataclass(frozen=True)
class CommandContext:
    """The state when a command starts. For the UI thread."""

    app: App[None]
    runs: Path
    settings: Settings
    graphics: Graphics
    tree_model: TreeModel
    cursor_path: str  # the path under the cursor, relative to the runs folder; "" if there are no rows
    go_to: Callable[[str], None]  # move the cursor to a path, as soon as it is listed
    supervisor: WorkSupervisor

    @property
    def is_group(self) -> bool:
        return self.tree_model.is_group(self.cursor_path)

    @property
    def paths(self) -> list[str]:
        """The selected trajectories, relative to the runs folder: the one under the cursor, or those of the group.

        With a filter only the visible ones, so that nothing is stopped or deleted unseen.
        """
        return self.tree_model.list_matching(self.cursor_path) if self.cursor_path else []

    def find_by_status(self, *statuses: Status) -> list[Trajectory]:
        """The selected trajectories that have one of these statuses in the tree."""
        entries = self.tree_model.entries
        return [Trajectory(self.runs / path) for path in self.paths if entries[path].status in statuses]

    def notify(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        """Show a toast. The text need not be printable."""
        self.app.notify(printable(text), severity=severity, markup=False, timeout=10 if severity == "error" else 5)

    async def show_dialog(self, screen: Screen[Returned]) -> Returned | None:
        return await self.app.push_screen_wait(screen)

    async def ensure_worker(self, trajectories: Sequence[Trajectory]) -> None:
        """Start a worker for queued trajectories unless one is running, and keep one running. Raises WorkerError."""
        await asyncio.to_thread(self.supervisor.supervise, trajectories)
