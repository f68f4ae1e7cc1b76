"""Playing by the clock, in a trajectory and in a comparison: what is shown next, and when. No Textual, no disk."""

import time
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

PLAY_SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 240.0)
"""Frames per second."""
MAX_PAINTS_PER_SECOND = 20.0  # half blocks of three pictures take 20-30 ms each time


class Playback(ABC):
    """A position from 0, the original, to the last one reached, that moves by itself while it plays.

    A slow terminal skips positions instead of falling behind. `clock` returns seconds.
    """

    def __init__(self, *, speed: float = 8.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed  # positions per second while playing
        self._clock = clock
        self._play_start: tuple[float, int] | None = None  # time and position at which playing began; None: not playing

    @property
    @abstractmethod
    def position(self) -> int:
        """What is shown."""

    @property
    @abstractmethod
    def last(self) -> int:
        """The last position reached so far."""

    @property
    @abstractmethod
    def halves(self) -> Sequence[int]:
        """The positions at every 50 %, reached or not: those of the paper's figures."""

    @abstractmethod
    def move_to(self, position: int) -> None:
        """Show a position, or the nearest reached one; playing goes on."""

    @property
    def following(self) -> bool:
        """Whether the last position is shown, and so will be the next last."""
        return self.position == self.last

    @property
    def playing(self) -> bool:
        return self._play_start is not None

    @property
    def tick_seconds(self) -> float:
        """How often to call `tick` while playing."""
        return max(1 / self.speed, 1 / MAX_PAINTS_PER_SECOND)

    def go(self, position: int) -> None:
        """Show a position, or the nearest reached one; ends playing."""
        self.pause()
        self.move_to(position)

    def move(self, count: int) -> None:
        """Go forward by so many positions, or back."""
        self.go(self.position + count)

    def move_by_half(self, count: int) -> None:
        """Go forward by so many multiples of 50 %, or back; the last position reached counts as one."""
        stops = sorted({stop for stop in self.halves if stop <= self.last} | {self.last})
        before, after = bisect_left(stops, self.position), bisect_right(stops, self.position)
        index = after + count - 1 if count > 0 else before + count
        self.go(stops[min(max(index, 0), len(stops) - 1)])

    def play_or_pause(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play to the last position; from the original if the last one is shown."""
        if not self.last:
            return
        if self.following:
            self.move_to(0)
        self._play_start = self._clock(), self.position

    def pause(self) -> None:
        self._play_start = None

    def tick(self) -> None:
        """Move to the position that is due; stop playing at the last one."""
        if self._play_start is None:
            return
        start_time, start = self._play_start
        self.move_to(start + round((self._clock() - start_time) * self.speed))
        if self.following:
            self.pause()

    def change_speed(self, direction: int) -> None:
        """Play at the next faster speed (1) or the next slower one (-1)."""
        if direction > 0:
            speed = next((speed for speed in PLAY_SPEEDS if speed > self.speed), PLAY_SPEEDS[-1])
        else:
            speed = next((speed for speed in reversed(PLAY_SPEEDS) if speed < self.speed), PLAY_SPEEDS[0])
        self.tick()
        self.speed = speed
        if self.playing:
            self._play_start = self._clock(), self.position
