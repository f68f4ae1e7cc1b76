"""What a thread has to tell a screen, which may be closed by then."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def tell(screen: Screen[Any], say: Callable[..., object], *given: object) -> None:
    """Call `say(*given)` in the app's thread, soon, if the screen is still there. Returns at once."""

    def unless_closed() -> None:
        if screen in screen.app.screen_stack:
            say(*given)

    screen.call_later(unless_closed)
