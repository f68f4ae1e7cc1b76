"""Shows pictures in turn in one place until it is stopped, or for so many turns."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget


class Blinking:
    """`show` is called whenever the next picture's turn comes, and when it ends by itself."""

    def __init__(self, widget: Widget, show: Callable[[], object], *, seconds: float, max_turns: int) -> None:
        """seconds: of each turn. max_turns: so that an unattended terminal is not sent pictures for ever."""
        self._widget, self._show = widget, show
        self._seconds, self._max_turns = seconds, max_turns
        self._timer: Timer | None = None
        self.turn = 0

    @property
    def on(self) -> bool:
        return self._timer is not None

    def toggle(self) -> None:
        if self.on:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Begin with turn 0, which the caller shows."""
        self.turn = 0
        self._timer = self._widget.set_interval(self._seconds, self.blink)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = None

    def blink(self) -> None:
        """Show the next picture, unless blinking has ended."""
        if not self.on:  # a late tick of the stopped timer
            return
        self.turn += 1
        if self.turn >= self._max_turns:
            self.stop()
        self._show()
