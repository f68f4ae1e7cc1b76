"""Playing a trajectory: by the clock, so that a slow terminal skips frames instead of falling behind."""

import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 240.0)
"""Frames a second."""
MAX_PAINTS_PER_SECOND = 20.0  # a second at most; half blocks of three pictures take 20-30 ms each time


class Player:
    """Says which frame it is time for. `clock` gives seconds."""

    def __init__(self, widget: Widget, speed: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._widget = widget
        self._clock = clock
        self._timer: Timer | None = None
        self._start = (0.0, 0)
        self._show: Callable[[int], None] = lambda _: None

    @property
    def playing(self) -> bool:
        return self._timer is not None

    def play(self, k: int, show: Callable[[int], None]) -> None:
        """From frame k on, call `show` with a frame's number whenever it is time for the next."""
        self.stop()
        self._show = show
        self._start = self._clock(), k
        self._timer = self._widget.set_interval(max(1 / self.speed, 1 / MAX_PAINTS_PER_SECOND), self._tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def faster(self) -> None:
        self._set_speed(next((speed for speed in SPEEDS if speed > self.speed), SPEEDS[-1]))

    def slower(self) -> None:
        self._set_speed(next((speed for speed in reversed(SPEEDS) if speed < self.speed), SPEEDS[0]))

    def _set_speed(self, speed: float) -> None:
        current = self._due_frame
        self.speed = speed
        if self.playing:
            self.play(current, self._show)

    @property
    def _due_frame(self) -> int:
        started, k = self._start
        return k + round((self._clock() - started) * self.speed)

    def _tick(self) -> None:
        if self.playing:  # else it was on its way when it was stopped
            self._show(self._due_frame)
