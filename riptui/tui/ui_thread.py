"""Calls from a thread into a screen that may have been closed meanwhile."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def call_if_open(screen: Screen[Any], callback: Callable[..., object], *arguments: object) -> None:
    """Schedule `callback(*arguments)` in the app's thread, if the screen is still open then. Returns at once."""

    def call_unless_closed() -> None:
        if screen in screen.app.screen_stack:
            callback(*arguments)

    screen.call_later(call_unless_closed)
