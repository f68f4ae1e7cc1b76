"""What a command is about, and the ways it has to speak. Knows no command."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

from textual.app import App
from textual.screen import Screen

from riptui import client
from riptui.settings import Settings
from riptui.store.trajectory import Status, Trajectory
from riptui.terminal import printable
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.runs.outline import Outline

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Subject:
    """What is chosen when a command begins. For the UI thread."""

    app: App[None]
    runs: Path
    settings: Settings
    graphics: Graphics
    outline: Outline
    place: str
    """The path below the runs folder that the cursor is on; "" where there are no rows."""
    go_to: Callable[[str], None]
    """Put the cursor on a path, as soon as it is there."""

    @property
    def is_group(self) -> bool:
        return self.outline.is_group(self.place)

    @property
    def paths(self) -> list[str]:
        """The trajectories that are meant, below the runs folder: the one under the cursor, or those of a group.

        With a filter only what it shows: nothing is stopped or deleted unseen.
        """
        below, shown = self.outline.below(self.place) if self.place else [], self.outline.filter
        return [path for path in below if shown is None or shown(self.outline.entries[path])]

    def with_status(self, *wanted: Status) -> list[Trajectory]:
        """Those that are meant and in one of these states, as far as the tree knows."""
        entries = self.outline.entries
        return [Trajectory(self.runs / path) for path in self.paths if entries[path].status in wanted]

    def tell(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        """A toast. The text need not be printable."""
        self.app.notify(printable(text), severity=severity, markup=False, timeout=10 if severity == "error" else 5)

    async def ask(self, screen: Screen[Result]) -> Result | None:
        """What a dialog ends with."""
        return await self.app.push_screen_wait(screen)

    async def in_thread(self, job: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """Whatever touches the disk."""
        return await asyncio.to_thread(job, *given, **named)

    async def ensure_worker(self) -> None:
        """What is queued is computed: by a worker that lives, or by one that is started. Raises WorkerError."""
        await self.in_thread(client.ensure, self.runs)
