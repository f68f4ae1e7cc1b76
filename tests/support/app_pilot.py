"""The whole app on a runs folder, without a terminal and without a worker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from textual.pilot import Pilot
from textual.widgets import Static

from riptui.settings import load_settings
from riptui.store.listing import find_trajectories
from riptui.tui.app import RiptuiApp
from riptui.tui.browser import Browser
from riptui.tui.graphics.capabilities import Terminal
from riptui.tui.welcome import Welcome

PATIENCE = 20.0  # seconds


class Opened:
    """The app and its pilot, with what tests look at."""

    def __init__(self, app: RiptuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def browser(self) -> Browser:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Browser))

    @property
    def told(self) -> list[str]:
        """All toasts that are on the screen."""
        return [notification.message for notification in self.app._notifications]

    @property
    def cursor(self) -> str:
        line = self.browser.runs_tree.current_row
        return line.path if line else ""

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        await self.pilot.press(*text)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for it; fail with what is on the screen if it does not come."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while not condition():
            texts = [text for one in self.app.screen.query(Static) if (text := str(one.content))]
            assert loop.time() < deadline, f"{self.app.screen}: {texts}, told {self.told}, cursor on {self.cursor!r}"
            await self.pilot.pause(0.02)

    async def click(self, selector: str) -> None:
        """Until it hits: what is just mounted may still move."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while not await self.pilot.click(selector):
            assert loop.time() < deadline, f"{selector} is not where it is"
            await self.pilot.pause(0.02)

    async def dialog(self, kind: type[Any]) -> Any:
        await self.until(lambda: isinstance(self.app.screen, kind))
        return self.app.screen

    async def toast(self, part: str) -> str:
        """Wait for a toast with these words; return all of it."""
        await self.until(lambda: any(part in message for message in self.told))
        return next(message for message in self.told if part in message)

    async def settled(self) -> None:
        """No dialog, and no command under way."""
        await self.until(lambda: isinstance(self.app.screen, Browser) and not self.browser._running_commands)

    def text(self, selector: str) -> str:
        return str(self.app.screen.query_one(selector, Static).content)


@asynccontextmanager
async def opened(
    runs: Path, *, select: str = "", size: tuple[int, int] = (140, 40), **settings: Any
) -> AsyncIterator[Opened]:
    """The app, once it has read what is in the runs folder."""
    loaded = load_settings()
    loaded = replace(loaded, settings=msgspec.structs.replace(loaded.settings, **settings))
    app = RiptuiApp(runs, loaded, Terminal("halfblock", "a test"), selected_path=select)
    async with app.run_test(size=size) as pilot:
        it = Opened(app, pilot)
        await it.until(lambda: len(app.screen_stack) > 1 and (it.browser.details or it.browser.query(Welcome)))
        await it.until(lambda: _all_read(it, runs))
        yield it
        app.workers.cancel_all()
        app.exit()


def _all_read(it: Opened, runs: Path) -> bool:
    there = {one.path.relative_to(runs).as_posix() for one in find_trajectories(runs)}
    entries = it.browser.runs_tree.model.entries
    return there <= entries.keys() and all(entry.is_read for entry in entries.values())
