"""Drives the whole app on a runs folder, without a terminal, and waits for what it shows."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Static

from riptui.graphics.capabilities import Terminal
from riptui.settings import load_settings
from riptui.store.listing import find_trajectories
from riptui.tui.app import RiptuiApp
from riptui.tui.browser import Browser
from riptui.tui.runs.tree import RunsTree
from riptui.tui.trajectory.loader import NO_SNAPSHOT
from riptui.tui.trajectory.view import TrajectoryView
from riptui.tui.welcome import Welcome

WAIT_SECONDS = 30.0  # for what is quick on an idle machine
NO_PICTURES = Terminal("off", "a test", offered=("halfblock",))


def screen_strips(app: App[Any]) -> list[Strip]:
    """What is on the screen, row by row, with its colours. Textual has no public name for it."""
    return app.screen._compositor.render_strips()


def screen_text(app: App[Any]) -> str:
    """What is on the screen, row by row, without blanks at the ends."""
    return "\n".join("".join(segment.text for segment in row).rstrip() for row in screen_strips(app)) + "\n"


def toasts(app: App[Any]) -> list[str]:
    """The notifications on the screen."""
    return [notification.message for notification in app._notifications]


async def wait_until(pilot: Pilot[Any], condition: Callable[[], object], what: str = "") -> None:
    """Let the app run until a condition holds; fail with the screen if it never does."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what or condition}\n{screen_text(pilot.app)}{toasts(pilot.app)}")
        await pilot.pause(0.01)


async def click_text(pilot: Pilot[Any], text: str, *, times: int = 1) -> None:
    """Click on the first place of the screen with a text, once it is there and stands still."""
    earlier = None
    while (place := await _find_text(pilot, text)) != earlier:
        earlier = place
        await pilot.pause(0.05)
    await pilot.click(offset=place, times=times)


async def _find_text(pilot: Pilot[Any], text: str) -> tuple[int, int]:
    """Its column and row, in cells."""
    await wait_until(pilot, lambda: text in screen_text(pilot.app), f"{text} on the screen")
    row, line = next((y, line) for y, line in enumerate(screen_text(pilot.app).splitlines()) if text in line)
    return cell_len(line[: line.index(text)]), row


class AppPilot:
    """The running app: what tests look at, press and wait for."""

    def __init__(self, app: RiptuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

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
    def cursor(self) -> str:
        """The path under the tree's cursor."""
        return self.tree.current_row.path if self.tree.current_row else ""

    @property
    def row_paths(self) -> list[str]:
        """The paths in the tree's rows."""
        return [row.path for row in self.tree.rows]

    @property
    def screen_text(self) -> str:
        return screen_text(self.app)

    @property
    def toasts(self) -> list[str]:
        return toasts(self.app)

    @property
    def said(self) -> str:
        """The feedback in the status line."""
        return self.browser.said

    def text_of(self, selector: str) -> str:
        return str(self.app.screen.query_one(selector, Static).content)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until each is handled and what it opens has the focus, or the app ends."""
        await self._pilot.press(*keys)
        await self.wait_until(lambda: not self.app.keys.is_busy or self.app.return_code is not None, f"end of {keys}")

    async def pause(self, seconds: float | None = None) -> None:
        await self._pilot.pause(seconds)

    async def click(self, selector: str | None = None, *, offset: tuple[int, int] = (0, 0), **modifiers: bool) -> None:
        """Click until it hits: a widget that was just mounted may still move. modifiers: shift, control."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not await self._pilot.click(selector, offset=offset, **modifiers):
            assert time.monotonic() < deadline, f"{selector} never was where the click went"
            await self.pause(0.02)

    async def click_text(self, text: str, *, times: int = 1) -> None:
        """Click on the first place of the screen with a text, and wait as after a key."""
        await click_text(self._pilot, text, times=times)
        await self.press()

    async def resize(self, columns: int, rows: int) -> None:
        await self._pilot.resize_terminal(columns, rows)

    async def hover(self, offset: tuple[int, int]) -> None:
        """Move the mouse to a place of the screen."""
        await self._pilot.hover(offset=offset)

    async def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the mouse at one place of the screen and let go at another."""
        await self._pilot.mouse_down(offset=start)
        await self._pilot.hover(offset=end)
        await self._pilot.mouse_up(offset=end)

    async def wait_until(self, condition: Callable[[], object], what: str = "") -> None:
        await wait_until(self._pilot, condition, what)

    async def wait_for_dialog(self, kind: type[Any]) -> Any:
        await self.wait_until(lambda: isinstance(self.app.screen, kind), kind.__name__)
        return self.app.screen

    async def wait_for_toast(self, part: str) -> str:
        """Wait for a notification with these words; return all of it."""
        await self.wait_until(lambda: any(part in toast for toast in self.toasts), f"toast {part!r}")
        return next(toast for toast in self.toasts if part in toast)

    async def wait_for_words(self, part: str) -> str:
        """Wait for feedback with these words in the status line; return all of it."""
        await self.wait_until(lambda: part in self.said, f"words {part!r}")
        return self.said

    async def wait_for_command(self) -> None:
        """Wait until no dialog is open and no command runs."""
        await self.wait_until(lambda: isinstance(self.app.screen, Browser) and not self.browser.commands.is_running)

    async def wait_for_frame(self, k: int | None = None) -> None:
        """Wait until a trajectory is shown, at frame k."""
        cursor = self.view.cursor
        await self.wait_until(lambda: cursor.snapshot is not NO_SNAPSHOT and k in (None, cursor.k), f"frame {k}")
        await self.wait_for_loading()

    async def wait_for_loading(self) -> None:
        """Wait until the trajectory view loads nothing."""
        await self.wait_until(lambda: not self.browser.details or not self.view.busy, "all loaded")
        await self.pause()


@asynccontextmanager
async def open_app(
    runs: Path,
    size: tuple[int, int] = (140, 40),
    *,
    select: str = "",
    terminal: Terminal = NO_PICTURES,
    shows_toasts: bool = False,
    **settings: Any,
) -> AsyncIterator[AppPilot]:
    """The app, once it has read what is in the runs folder. It polls the disk ten times per second."""
    loaded = load_settings()
    loaded = replace(loaded, settings=msgspec.structs.replace(loaded.settings, refresh=10.0, **settings))
    app = RiptuiApp(runs, loaded, terminal, selected_path=select)
    async with app.run_test(size=size, notifications=shows_toasts) as textual_pilot:
        pilot = AppPilot(app, textual_pilot)
        await pilot.wait_until(lambda: any(isinstance(screen, Browser) for screen in app.screen_stack), "the browser")
        await pilot.wait_until(lambda: pilot.browser.details or pilot.browser.query(Welcome), "the first screen")
        await pilot.wait_until(lambda: _all_read(pilot, runs), "every trajectory read")
        await pilot.wait_for_loading()
        yield pilot
        app.workers.cancel_all()
        app.exit()


def _all_read(pilot: AppPilot, runs: Path) -> bool:
    paths = {trajectory.path.relative_to(runs).as_posix() for trajectory in find_trajectories(runs)}
    entries = pilot.tree.model.entries
    return paths <= entries.keys() and all(entry.is_read for entry in entries.values())
