"""The trajectory view alone, in a small app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from riptui.arrays import Image
from riptui.graphics.capabilities import Terminal
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.store.trajectory import Trajectory
from riptui.tui.text_lines import TextLines
from riptui.tui.trajectory.view import TrajectoryView
from tests.support.app_pilot import wait_until

SIZE = (140, 40)


class ChosenFrame(NamedTuple):
    path: Path
    k: int
    iterations: int


class WatchedView(TrajectoryView):
    """Tells the app of every frame that is shown."""

    def show_frame(self) -> None:
        super().show_frame()
        snapshot = self.cursor.snapshot
        if snapshot.spec:
            self.app.chosen.append(ChosenFrame(snapshot.path, self.cursor.k, snapshot.spec.iterations))


class OneView(App[None]):
    """The view alone."""

    def __init__(self, runs: Path) -> None:
        super().__init__()
        self.runs = runs
        self.graphics = Graphics(Terminal("halfblock", "a test"))
        self.chosen: list[ChosenFrame] = []

    def compose(self) -> ComposeResult:
        yield WatchedView(self.graphics, runs=self.runs, play_speed=60.0)

    @property
    def view(self) -> TrajectoryView:
        return self.query_one(TrajectoryView)

    def picture(self, name: str) -> PictureWidget:
        return self.query_one(f"#{name} PictureWidget", PictureWidget)

    def text(self, selector: str) -> str:
        """What a widget of text shows."""
        widget = self.query_one(selector)
        content = widget.text if isinstance(widget, TextLines) else widget.render()
        return content.plain if isinstance(content, Content) else str(content)


async def rests(pilot: Pilot[None]) -> None:
    """Until no job of the view waits or runs, and its messages are handled."""
    view = pilot.app.query_one(TrajectoryView)
    await wait_until(pilot, lambda: not view.busy, "the thread at rest")
    await pilot.pause()


@asynccontextmanager
async def showing(trajectory: Trajectory, size: tuple[int, int] = SIZE) -> AsyncIterator[tuple[OneView, Pilot[None]]]:
    app = OneView(trajectory.path.parents[1])
    async with app.run_test(size=size) as pilot:
        app.view.show(trajectory.path)
        await wait_until(pilot, lambda: app.chosen or "spec" in app.text("#name"), "the first frame")
        await rests(pilot)
        yield app, pilot


def same(image: Image | None, other: Image) -> bool:
    return image is not None and np.array_equal(image, other)
