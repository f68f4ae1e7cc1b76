"""The Textual app: settings, theme, keys, notifications, and an orderly exit."""

import asyncio
import gc
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import AppBlur, AppFocus, Event, Key, Paste
from textual.notifications import SeverityLevel
from textual.screen import Screen

from riptui import tui
from riptui.graphics.capabilities import Terminal
from riptui.graphics.protocol import Graphics
from riptui.settings import LoadedSettings, Settings
from riptui.text.terminal import printable
from riptui.tui import bindings, keymap, possible, studies, themes
from riptui.tui.browser import Browser
from riptui.tui.desktop_notification import notification_sequence
from riptui.tui.key_queue import KeyHandled, KeyQueue
from riptui.tui.runs.feedback_line import SAID_SECONDS, FeedbackLine
from riptui.tui.terminal_input import TerminalDriver
from riptui.tui.terminal_output import TerminalScreen

if TYPE_CHECKING:
    from riptui.tui.studies.study_jobs import StudyJobs

GC_PAUSE_SECONDS = 1.0  # from the start on: what is imported and mounted leaves the cycle collector nothing to find
CLEAR = "\x1b[2J"  # the whole terminal, with what is left of sixels
EXIT_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
EXIT_GRACE_SECONDS = 3.0  # for an orderly exit, which a file system that hangs may keep from ending
COMMAND_GRACE_SECONDS = 30.0  # the same, while a command such as a move to the trash is at work


OnlyScreen = Callable[[Graphics], Screen[int]]
"""Makes the screen that is shown instead of the browser; the app ends with it."""


class RiptuiApp(App[None], inherit_bindings=False):  # Textual's ctrl+q, beside ctrl+s, quits without a question
    TITLE = "riptui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.APP, Binding("ctrl+c", "quit_if_again", show=False, system=True)]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual's own declaration has no ClassVar
        (0, "-narrow"),
        (100, "-wide"),
        (130, "-roomy"),
    ]

    def __init__(
        self,
        runs: Path,
        loaded: LoadedSettings,
        terminal: Terminal,
        *,
        selected_path: str = "",
        only_screen: OnlyScreen | None = None,
    ) -> None:
        super().__init__(driver_class=TerminalDriver)
        self.runs = runs
        self.settings = loaded.settings
        self.graphics = Graphics(terminal)
        self._terminal_screen = TerminalScreen()
        self.crash: Exception | None = None
        self.farewell: list[str] = []  # printed after the screen is restored: what keeps running without the app
        self._study_jobs: StudyJobs | None = None  # None before the studies were looked at
        for theme in themes.RIPTUI_THEMES:
            self.register_theme(theme)
        self.theme, notice = themes.resolve_theme(
            self.settings.theme, color_system=self.console.color_system, no_color=self.no_color
        )
        self._problems = [*loaded.problems, *([notice] if notice else [])]
        self._selected_path = selected_path
        self._only_screen = only_screen
        self._terminal_focused = True
        self._quits_until = 0.0  # time.monotonic(): until then, the key pressed again quits
        self.keys = KeyQueue(self, super().on_event)

    def get_default_screen(self) -> Screen[Any]:
        if self._only_screen:
            return super().get_default_screen()
        browser = Browser(self.runs, self.settings, self.graphics, selected_path=self._selected_path)
        fitting = [name for columns, name in self.HORIZONTAL_BREAKPOINTS if columns <= self.size.width]
        browser.add_class(fitting[-1])  # Textual does, once it has drawn a first time
        return browser

    async def on_event(self, event: Event) -> None:
        if isinstance(event, (Key, Paste)) and not event.is_forwarded:
            await self.keys.add(event)
        else:
            await super().on_event(event)

    async def on_key_handled(self, message: KeyHandled) -> None:
        await self.keys.follow(message)

    def on_mount(self) -> None:
        user_keys, problems = keymap.check_keys(self.settings.keys, keymap.bindings_by_id(bindings.SCOPES))
        self.set_keymap(user_keys)
        self.set_timer(GC_PAUSE_SECONDS, gc.enable)
        self._install_signal_handlers()
        self.app_resume_signal.subscribe(self, lambda _: self.refresh())  # Textual resumes with an empty screen
        if self._only_screen:
            self.push_screen(self._only_screen(self.graphics), lambda _: self.exit())
        for problem in self._problems + problems:
            self.notify(problem, severity="warning", timeout=10)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """None below a screen that covers all: Textual repaints the top one wherever one below it changes."""
        return super()._background_screens if self.screen.is_modal else []

    def _end_batch(self) -> None:
        """Draw the top screen after a batch of updates, also one of a screen below it: Textual only asks the app."""
        super()._end_batch()
        if not self._batch_count and self._screen_stack:
            self.screen.check_idle()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, self._terminal_screen.thrifty(renderable, self.size))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.css_variables(self.current_theme))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's entries: what can be done now, each once, as "group: verb"; and the themes."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.id or not active.enabled or binding.id in seen:
                continue
            seen.add(binding.id)
            if isinstance(screen, Browser) and not possible.is_possible(screen, binding.id):
                continue
            group = bindings.GROUPS.get(binding.id.partition(".")[0], "")
            yield SystemCommand(
                f"{group}: {binding.description}" if group else binding.description,
                f"{keymap.describe_binding(self, binding)}  ({self.get_key_display(binding)})",
                partial(self.run_action, "quit" if binding.id == "app.quit" else binding.action, active.node),
            )
        yield SystemCommand("App: theme", "Change the theme (this session only)", self.action_change_theme)

    def action_help(self) -> None:
        self.push_screen(tui.help.HelpScreen(self.screen.active_bindings, self.graphics.status))

    def action_redraw(self) -> None:
        """Draw all anew, pictures too, on a terminal that shows something else."""
        if self._driver is not None:
            self._driver.write(CLEAR)
        self.app_resume_signal.publish(self)

    def action_command_palette(self) -> None:
        """Find a command of this screen by name; of the help, one of the screen below it."""
        if isinstance(self.screen, tui.help.HelpScreen):
            self.pop_screen()
        super().action_command_palette()

    def action_settings(self) -> None:
        self.push_screen(tui.settings_screen.SettingsScreen())

    def settings_changed(self, settings: Settings) -> None:
        """Apply changed settings, except those that take effect only at the next start."""
        before, self.settings = self.settings, settings
        for screen in self.screen_stack:
            if isinstance(screen, Browser):
                screen.settings = settings
        if settings.theme != before.theme:
            self.theme, _ = themes.resolve_theme(
                settings.theme, color_system=self.console.color_system, no_color=self.no_color
            )

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a toast. The text need not be printable, and is never markup."""
        super().notify(printable(message), title=title, severity=severity, timeout=timeout, markup=False)

    def say(self, text: str) -> None:
        """Show feedback: in the status line where the screen has one, else as a toast."""
        lines = self.screen.query(FeedbackLine)
        if lines:
            lines.first().say(text)
        else:
            self.notify(text)

    def action_graphics(self) -> None:
        self.graphics.cycle()
        self.say(f"pictures: {self.graphics.status}")

    def on_app_focus(self, event: AppFocus) -> None:
        self._terminal_focused = True

    def on_app_blur(self, event: AppBlur) -> None:
        self._terminal_focused = False

    def notify_end(self, path: str, outcome: str) -> None:
        """Notify that a trajectory is done or failed: by a toast, and the bell if the settings say so."""
        severity: SeverityLevel = "error" if outcome == "failed" else "information"
        self.notify(f"{path}: {outcome}", severity=severity)
        if self.settings.bell == "always" or (self.settings.bell == "unfocused" and not self._terminal_focused):
            self._alert(f"riptui: {path}: {outcome}")

    def _alert(self, text: str) -> None:
        if self.settings.ring == "bell":
            self.bell()
        elif self._driver is not None:
            self._driver.write(notification_sequence(text, tmux=self.graphics.terminal.tmux))

    @property
    def study_jobs(self) -> "StudyJobs":
        """The processes that compute studies and write reports for this app."""
        if self._study_jobs is None:
            self._study_jobs = studies.study_jobs.StudyJobs(self.runs, self.notify)
        return self._study_jobs

    # Exit

    def action_quit_if_again(self) -> None:
        """Quit at the second press within a moment, so that one q too many on the way out does not end the app."""
        now = time.monotonic()
        if now < self._quits_until:
            self.exit()
            return
        self._quits_until = now + SAID_SECONDS
        self.say("press it once more to quit; workers keep running")

    def on_exit_app(self) -> None:
        """Remember the place, and end what does not outlive the app.

        Free kitty's pictures before the alternate screen is left: kitty would keep them.
        """
        for screen in self.screen_stack:
            if isinstance(screen, Browser):
                screen.remember_place()
        if self._study_jobs is not None:
            self.farewell += map(printable, self._study_jobs.close())
            self._study_jobs = None  # Textual may tell of the exit twice
        if self._driver is not None:
            self._driver.write(self.graphics.free_all())

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        super().exit(result, return_code, message)
        if not self.is_headless:
            Thread(target=self._exit_after_grace, args=[return_code], daemon=True, name="exit").start()

    def _exit_after_grace(self, exit_code: int) -> None:
        """End the process even if a thread hangs in a read from the disk: nothing is lost, workers keep running."""
        has_command = any(screen.commands.is_running for screen in self.screen_stack if isinstance(screen, Browser))
        time.sleep(COMMAND_GRACE_SECONDS if has_command else EXIT_GRACE_SECONDS)
        if isinstance(self._driver, TerminalDriver):
            self._driver.restore_terminal()
        os._exit(exit_code)

    def _install_signal_handlers(self) -> None:
        """Exit in order on SIGTERM and SIGHUP, even under nohup, and when the terminal hangs up."""
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        for number in EXIT_SIGNALS:
            loop.add_signal_handler(number, self.exit, None, 128 + number)
        Thread(target=self._exit_on_hangup, args=[loop], daemon=True, name="terminal").start()

    def _exit_on_hangup(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs in a thread of its own: Textual may be blocked writing to a dead terminal."""
        poller = select.poll()
        poller.register(0, 0)  # poll always reports POLLHUP
        poller.poll()
        exit_code = 128 + signal.SIGHUP
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self.exit, None, exit_code)
        time.sleep(EXIT_GRACE_SECONDS)
        os._exit(exit_code)

    async def _shutdown(self) -> None:
        """Remember that the app is exiting, whatever the cause."""
        self._exit = True
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """Only log errors during exit: messages still reach widgets whose parts are gone."""
        if self._exit:
            logging.getLogger(__name__).warning("error while exiting", exc_info=error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Keep the exception for the report of `start`; Textual would print all local variables."""
        self.crash = self._exception
        self._close_messages_no_wait()
