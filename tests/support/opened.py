"""The app on a runs folder, headless, and what a test may ask of it; and a runs folder that is the same every time."""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from riptui.engine import run_trajectory
from riptui.settings import Settings, load_settings
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.creation import create_or_open
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.tui.app import RiptuiApp
from riptui.tui.browser import Browser
from riptui.tui.graphics.capabilities import Terminal
from riptui.tui.runs.tree import RunsTree
from riptui.tui.trajectory.view import TrajectoryView
from tests.support.trajectories import advance, make_spec, picture

FIRST = "fig7/cat/m64-s0"
"""The trajectory that is shown at the start."""
SECONDS = 30.0  # for what is quick on an idle machine
NO_PICTURES = Terminal("off", "a test", offered=("halfblock",))
FAILURE = b'{"when": "2026-01-01T00:00:00Z", "k": 3, "error": "it broke", "traceback": "Traceback: here"}'


def make_runs(runs: Path) -> None:
    """Three that are done, one that failed, one that is paused, two in the queue; of one picture, 256 px."""
    for place, fields in ((FIRST, {}), ("fig7/cat/m64-s1", {"seed": 1}), ("fig7/cat/m128-s0", {"mask": 128})):
        list(run_trajectory(made(runs, place, metrics=("ssim", "psnr"), amount=200.0, **fields)))
    advance(made(runs, "fig7/dog/m64-s0"), 2)
    (runs / "fig7/dog/m64-s0" / layout.FAILED).write_bytes(FAILURE)
    paused = made(runs, "night/m64-s0")
    advance(paused, 10)
    set_request(paused, Request(state="pause"))
    for seed in (1, 2):
        made(runs, f"night/m64-s{seed}", seed=seed)


def made(runs: Path, place: str, *, metrics: tuple[str, ...] = (), **fields: Any) -> Trajectory:
    """A trajectory of the usual picture that nobody has begun."""
    original = picture()
    spec = make_spec(original, **fields)
    return create_or_open(runs, place, spec, original, Request(metrics=metrics, queued=float(spec.seed)))


@contextmanager
def computing(runs: Path, place: str) -> Iterator[None]:
    """Somebody holds the trajectory, so it is running."""
    with claim(Trajectory(runs / place)):
        os.utime(runs / place)  # a true claim counts the attempt in a file
        yield


def text_of(app: RiptuiApp) -> str:
    """What is on the screen, row by row, without the blanks at the ends."""
    rows = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in row).rstrip() for row in rows) + "\n"


class Opened:
    """The app as it runs."""

    def __init__(self, app: RiptuiApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def browser(self) -> Browser:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Browser))

    @property
    def tree(self) -> RunsTree:
        return self.browser.runs_tree

    @property
    def view(self) -> TrajectoryView:
        return self.browser.query_one(TrajectoryView)

    @property
    def here(self) -> str:
        """The path under the cursor."""
        return self.tree.current_row.path if self.tree.current_row else ""

    @property
    def lines(self) -> list[str]:
        return [line.path for line in self.tree._tree_rows]

    @property
    def text(self) -> str:
        return text_of(self.app)

    @property
    def toasts(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let the app go on until something holds."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"it never came: {what}\n{self.text}")

    async def read(self) -> None:
        """Until all that is on disk is in the tree, and the details rest."""
        await self.until(lambda: self.browser.details is not None, "the details")
        await self.until(lambda: all(entry.is_read for entry in self.tree.model.entries.values()), "what is on disk")
        await self.rest()

    async def shown(self, k: int | None = None) -> None:
        """Until a trajectory is on the right, at its frame k."""
        await self.until(lambda: self.view._snapshot is not None and (k is None or self.view.k == k), f"frame {k}")
        await self.rest()

    async def rest(self) -> None:
        await self.until(lambda: not self.browser.details or not self.view._latest.busy, "the thread at rest")
        await self.pilot.pause()


@asynccontextmanager
async def opened(
    runs: Path,
    size: tuple[int, int] = (140, 40),
    *,
    select: str = "",
    terminal: Terminal = NO_PICTURES,
    settings: Settings | None = None,
    **given: Any,
) -> AsyncIterator[Opened]:
    """The app, once it has read what is there. It looks at the disk ten times a second."""
    loaded = load_settings()
    found = settings or Settings(refresh=10.0)
    app = RiptuiApp(
        runs, type(loaded)(found, loaded.file, loaded.origins, loaded.problems), terminal, selected_path=select
    )
    async with app.run_test(size=size, **given) as pilot:
        at = Opened(app, pilot)
        await at.until(lambda: len(app.screen_stack) > 1, "the browser")
        await at.until(lambda: at.tree.model.entries or "reading" not in at.text, "the first look")
        if at.tree.model.entries:
            await at.read()
        yield at
