"""Keys one after another: each is handled, with what it opens, before the next one is given to a widget.

Textual gives a key to the widget that has the focus when it is read. Of keys that come together, as over a slow line,
the second would still go to the tree while the first opens a line to type in: a letter that pauses or stops.
"""

from asyncio import TimerHandle, get_running_loop
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any

from textual.app import App
from textual.events import Event
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker

MAX_SECONDS = 3.0  # until the next key is delivered although the one before is still being handled
MAX_WORKER_SECONDS = 2.0  # the same for a worker that the key started, which may open a dialog
POLL_SECONDS = 0.01

OPENS_DIALOG = "opens-dialog"
"""The group of async workers that open a dialog as soon as they can: the next key is meant for it."""


class KeyHandled(Message):
    """Bubbles up behind a key from the focused widget to the app; then behind the messages that the key caused."""

    def __init__(self, target: MessagePump, begun: float, *, is_last: bool = False) -> None:
        super().__init__()
        self.target = target
        self.begun = begun  # when the key was given: of another key it ends nothing
        self.is_last = is_last


class KeyQueue:
    """For the app's own messages. `give` has a key handled as Textual does."""

    def __init__(self, app: App[None], give: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._waiting: deque[Event] = deque()
        self.is_busy = False  # whether a key is being handled
        self._begun = 0.0
        self._is_handled = False  # by the widget; messages that it posted may still be on their way
        self._older_workers: set[Worker[Any]] = set()
        self._screen: Screen[Any] | None = None
        self._has_opened = False  # the screen is another one than when the key was given
        self._limit: TimerHandle | None = None

    async def add(self, event: Event) -> None:
        """Give a key, or what was pasted, to the widget that has the focus, after those that came before."""
        if self.is_busy:
            self._waiting.append(event)
        else:
            await self._begin(event)

    async def follow(self, message: KeyHandled) -> None:
        """A key, or a message that it caused, has bubbled up to the app."""
        if message.is_last:
            self._app.call_later(self.go_on, message.begun)
        elif message.begun == self._begun:
            self._is_handled = True
            message.target.post_message(KeyHandled(message.target, message.begun, is_last=True))

    async def _look(self, begun: float, target: MessagePump) -> None:
        """A dialog or a widget that was closed, as by escape in the line of a filter, takes its messages with it."""
        if self.is_busy and begun == self._begun:
            if not target.is_running or (self._is_handled and self._app.screen is not self._screen):
                await self.go_on(begun)
            else:
                self._app.set_timer(POLL_SECONDS, partial(self._look, begun, target))

    async def go_on(self, begun: float) -> None:
        """The key that was given then is handled: give the next one, once the screen that it opened has its focus."""
        if not self.is_busy or begun != self._begun:
            return
        if (screen := self._app.screen) is not self._screen:
            self._screen, self._has_opened = screen, True
            screen.call_after_refresh(self._app.call_later, self.go_on, begun)
        elif not self._has_opened and self._may_open_dialog():  # once it is open, its worker waits for the answer
            self._app.set_timer(POLL_SECONDS, partial(self.go_on, begun))
        else:
            await self._go_on()

    def _may_open_dialog(self) -> bool:
        """Whether a worker that the key started is about to open a dialog; not for ever: it may have other work."""
        if monotonic() - self._begun > MAX_WORKER_SECONDS:
            return False
        return any(
            worker.group == OPENS_DIALOG and not worker.is_finished and worker not in self._older_workers
            for worker in self._app.workers
        )

    async def _go_on(self) -> None:
        self.is_busy = False
        if self._limit is not None:
            self._limit.cancel()
        if self._waiting:
            await self._begin(self._waiting.popleft())

    async def _begin(self, event: Event) -> None:
        self.is_busy, self._is_handled, self._begun, self._screen = True, False, monotonic(), self._app.screen
        self._has_opened = False
        self._older_workers = {worker for worker in self._app.workers if worker.group == OPENS_DIALOG}
        self._limit = get_running_loop().call_later(MAX_SECONDS, self._give_up)
        target = self._app.focused or self._app.screen
        await self._give(event)
        target.post_message(KeyHandled(target, self._begun))
        self._app.set_timer(POLL_SECONDS, partial(self._look, self._begun, target))

    def _give_up(self) -> None:
        """Wait no longer: the widget may be gone with its messages."""
        self._app.call_later(self._go_on)
