"""The position in a trajectory: which frame is shown, and every way to move to another. No Textual, no disk."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from riptui.spec import Spec
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.loader import TrajectorySnapshot
from riptui.tui.trajectory.metric_series import XAxis

PLAY_SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 240.0)
"""Frames per second."""
MAX_PAINTS_PER_SECOND = 20.0  # half blocks of three pictures take 20-30 ms each time


class FrameCursor:
    """Frame `k` of the trajectory last passed to `update`, from 0, the original, to `newest`.

    Plays by the clock, so that a slow terminal skips frames instead of falling behind. `clock` returns seconds.
    """

    def __init__(
        self, *, speed: float = 8.0, axis: XAxis = "inpainted", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.k = 0
        self.speed = speed  # frames per second while playing
        self._axis: XAxis = axis
        self.snapshot: TrajectorySnapshot | None = None
        self._clock = clock
        self._play_start: tuple[float, int] | None = None  # time and frame at which playing began; None: not playing

    def update(self, snapshot: TrajectorySnapshot) -> bool:
        """Move to a trajectory as it was just read. Returns whether the frame to show is another one.

        Follows the newest frame if that is shown, else stays at k; in another trajectory at an equal inpainted %.
        """
        previous, self.snapshot = self.snapshot, snapshot
        old_k = self.k
        if previous is None or previous.spec is None or old_k == previous.newest:
            self._move_to(snapshot.newest)
        elif previous.path == snapshot.path or snapshot.spec is None:
            self._move_to(old_k)
        else:
            self._move_to(snapshot.spec.reaches(previous.spec.inpainted(old_k)))
        return self.k != old_k or previous is None or previous.rows is not snapshot.rows

    @property
    def spec(self) -> Spec | None:
        """None: there is no readable trajectory."""
        return self.snapshot.spec if self.snapshot else None

    @property
    def newest(self) -> int:
        """The last frame saved so far."""
        return self.snapshot.newest if self.snapshot else 0

    @property
    def following(self) -> bool:
        """Whether the newest frame is shown, and so will be the next newest."""
        return self.k == self.newest

    @property
    def keyframes(self) -> list[int]:
        """The frames at every 50 %, saved or not: those of the paper's figures."""
        return self.spec.point_iterations() if self.spec else []

    # Moving; it ends playing

    def go(self, k: int) -> None:
        """Show frame k, or the nearest saved one."""
        self.pause()
        self._move_to(k)

    def move(self, frames: int) -> None:
        self.go(self.k + frames)

    def move_by_half(self, count: int) -> None:
        """Move forward by so many multiples of 50 %, or back; the newest frame counts as the last one."""
        stops = sorted({k for k in self.keyframes if k <= self.newest} | {self.newest})
        before, after = bisect_left(stops, self.k), bisect_right(stops, self.k)
        index = after + count - 1 if count > 0 else before + count
        self.go(stops[min(max(index, 0), len(stops) - 1)])

    def _move_to(self, k: int) -> None:
        self.k = min(max(k, 0), self.newest)

    # Playing

    @property
    def playing(self) -> bool:
        return self._play_start is not None

    @property
    def tick_seconds(self) -> float:
        """How often to call `tick` while playing."""
        return max(1 / self.speed, 1 / MAX_PAINTS_PER_SECOND)

    def play(self) -> None:
        """Play to the newest frame; from the original if the newest is shown."""
        if not self.newest:
            return
        if self.following:
            self._move_to(0)
        self._play_start = self._clock(), self.k

    def pause(self) -> None:
        self._play_start = None

    def tick(self) -> None:
        """Move to the frame that is due; stop playing at the newest."""
        if self._play_start is None:
            return
        start_time, start_k = self._play_start
        self._move_to(start_k + round((self._clock() - start_time) * self.speed))
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
            self._play_start = self._clock(), self.k

    # The x axis of the chart

    @property
    def axis(self) -> XAxis:
        """The axis that was chosen; passes, where each iteration repaints the whole image."""
        return "passes" if self.spec is not None and self.spec.whole_image else self._axis

    def toggle_axis(self) -> None:
        self._axis = "coverage" if self._axis == "inpainted" else "inpainted"

    def choose_axis(self, axis: XAxis) -> None:
        self._axis = axis

    def marker_x(self) -> float | None:
        """Where frame k is on the axis. None at the newest: its marker would move all the time, 7 kB per move."""
        if self.snapshot is None or self.snapshot.spec is None or self.following:
            return None
        return metric_series.x_position(self.snapshot.spec, self.snapshot.rows, self.k, self.axis)

    def frame_at(self, x: float) -> int:
        """The frame at a position on the axis."""
        if self.snapshot is None or self.snapshot.spec is None:
            return 0
        return metric_series.frame_at(self.snapshot.spec, self.snapshot.rows, self.newest, x, self.axis)
