"""The screen of the studies alone, and stand-ins for the processes that it starts."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from riptui.graphics.capabilities import Terminal
from riptui.graphics.protocol import Graphics
from riptui.supervision import client
from riptui.tui.studies.studies_screen import StudiesScreen
from riptui.tui.studies.study_jobs import StudyJobs
from tests.support.app_pilot import screen_text, wait_until

GROUPS = ("small",)


class StudiesApp(App[None]):
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # as in the app

    def __init__(self, runs: Path) -> None:
        super().__init__()
        self.runs = runs
        self.ended: list[str] = []  # what is told of the jobs
        self.jobs = StudyJobs(runs, lambda text, **_: self.ended.append(text))
        self.chosen: list[str | None] = []

    def on_mount(self) -> None:
        graphics = Graphics(Terminal("halfblock", "a test", truecolor=True))
        self.push_screen(StudiesScreen(self.runs, graphics, self.jobs, lambda: GROUPS), self.chosen.append)


class StudiesPilot:
    def __init__(self, app: StudiesApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> StudiesScreen:
        return next(one for one in self.app.screen_stack if isinstance(one, StudiesScreen))

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def see(self, *words: str) -> None:
        """Wait until all of these are on the screen."""
        await wait_until(self.pilot, lambda: all(word in self.text for word in words), str(words))

    async def until(self, condition: object, what: str = "") -> None:
        await wait_until(self.pilot, condition, what)  # type: ignore[arg-type]


@asynccontextmanager
async def open_studies(runs: Path, size: tuple[int, int] = (120, 30)) -> AsyncIterator[StudiesPilot]:
    app = StudiesApp(runs)
    async with app.run_test(size=size) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, StudiesScreen) and app.screen.has_read, "the studies")
        yield StudiesPilot(app, pilot)
        app.jobs.close()


@contextmanager
def stand_in(script: str) -> Iterator[None]:
    """Let riptui's own processes be this shell script, which gets their arguments."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(client, "COMMAND", ("sh", "-c", script, "riptui"))
        yield
