"""What a thread has to tell a screen, which may be closed by then."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def call_if_open(screen: Screen[Any], callback: Callable[..., object], *arguments: object) -> None:
    """Call `callback(*arguments)` in the app's thread, soon, if the screen is still there. Returns at once."""

    def call_unless_closed() -> None:
        if screen in screen.app.screen_stack:
            callback(*arguments)

    screen.call_later(call_unless_closed)
