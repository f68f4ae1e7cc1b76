"""What a command is about, and the ways it has to speak. Knows no command."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

from textual.app import App
from textual.screen import Screen

from riptui.settings import Settings
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision import client
from riptui.text.terminal import printable
from riptui.tui.graphics.protocol import Graphics
from riptui.tui.runs.tree_model import TreeModel

JobParameters = ParamSpec("JobParameters")
Returned = TypeVar("Returned")


@dataclass(frozen=True)
class CommandContext:
    """What is chosen when a command begins. For the UI thread."""

    app: App[None]
    runs: Path
    settings: Settings
    graphics: Graphics
    tree_model: TreeModel
    cursor_path: str
    """The path below the runs folder that the cursor is on; "" where there are no rows."""
    go_to: Callable[[str], None]
    """Put the cursor on a path, as soon as it is there."""

    @property
    def is_group(self) -> bool:
        return self.tree_model.is_group(self.cursor_path)

    @property
    def paths(self) -> list[str]:
        """The trajectories that are meant, below the runs folder: the one under the cursor, or those of a group.

        With a filter only what it shows: nothing is stopped or deleted unseen.
        """
        candidates, matches = (
            self.tree_model.list_trajectories(self.cursor_path) if self.cursor_path else [],
            self.tree_model.filter,
        )
        return [path for path in candidates if matches is None or matches(self.tree_model.entries[path])]

    def find_by_status(self, *statuses: Status) -> list[Trajectory]:
        """Those that are meant and in one of these states, as far as the tree knows."""
        entries = self.tree_model.entries
        return [Trajectory(self.runs / path) for path in self.paths if entries[path].status in statuses]

    def notify(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        """A toast. The text need not be printable."""
        self.app.notify(printable(text), severity=severity, markup=False, timeout=10 if severity == "error" else 5)

    async def show_dialog(self, screen: Screen[Returned]) -> Returned | None:
        """What a dialog ends with."""
        return await self.app.push_screen_wait(screen)

    async def run_in_thread(
        self, job: Callable[JobParameters, Returned], *arguments: JobParameters.args, **keywords: JobParameters.kwargs
    ) -> Returned:
        """Whatever touches the disk."""
        return await asyncio.to_thread(job, *arguments, **keywords)

    async def ensure_worker(self) -> None:
        """What is queued is computed: by a worker that lives, or by one that is started. Raises WorkerError."""
        await self.run_in_thread(client.ensure_worker, self.runs)
