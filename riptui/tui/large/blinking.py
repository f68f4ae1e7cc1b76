"""Shows two pictures in turn until it is stopped, for a minute at most."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

BLINK_SECONDS = 0.5  # for each of the two pictures
MAX_BLINKS = 120  # so that an unattended terminal is not sent pictures for ever


class Blinking:
    """`show` is called whenever the other picture is to be shown."""

    def __init__(self, screen: Screen[Any], show: Callable[[], object]) -> None:
        self._screen, self._show = screen, show
        self._timer: Timer | None = None
        self._count = 0

    @property
    def on(self) -> bool:
        return self._timer is not None

    @property
    def shows_other(self) -> bool:
        """Whether the other picture's turn it is; it comes first."""
        return self.on and self._count % 2 == 0

    def toggle(self) -> None:
        if self.on:
            self.stop()
        else:
            self._count = 0
            self._timer = self._screen.set_interval(BLINK_SECONDS, self._blink)
            self._show()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = None
        self._show()

    def _blink(self) -> None:
        if not self.on:  # a late tick of the stopped timer
            return
        self._count += 1
        if self._count >= MAX_BLINKS:
            self.stop()
        else:
            self._show()
