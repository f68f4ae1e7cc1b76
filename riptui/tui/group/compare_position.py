"""Where a comparison is: an inpainted %, in steps of the finest grid of squares; and playing. No Textual, no disk."""

import time
from collections.abc import Callable, Sequence
from math import ceil

from riptui.spec import POINT_SPACING_PERCENT
from riptui.tui.trajectory.frame_cursor import MAX_PAINTS_PER_SECOND, PLAY_SPEEDS
from riptui.tui.trajectory.loader import TrajectorySnapshot

ROUNDING = 1 + 1e-12  # 7 of 9 squares are 77.7... %


class ComparePosition:
    """A step is a frame of the trajectory with the smallest squares; the others show their last frame up to there."""

    def __init__(self, *, speed: float = 8.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed  # steps per second while playing
        self.step_percent = 100.0
        self.last = 0
        """The last step that any trajectory has reached; `steps`: of the largest amount."""
        self.steps = 0
        self._step: int | None = None  # None: the last one reached, also as that grows
        self._clock = clock
        self._play_start: tuple[float, int] | None = None

    def update(self, compared: Sequence[TrajectorySnapshot]) -> None:
        """Take over the trajectories as they were read; the inpainted % stays."""
        readable = [(snapshot.spec, snapshot.newest) for snapshot in compared if snapshot.spec]
        inpainted, is_following = self.inpainted, self._step is None
        self.step_percent = min((spec.inpainted(1) for spec, _ in readable), default=100.0)
        ends = [spec.inpainted(spec.iterations) for spec, _ in readable]
        self.steps = ceil(max(ends, default=0.0) / self.step_percent / ROUNDING)
        self.last = int(max((spec.inpainted(k) for spec, k in readable), default=0.0) / self.step_percent * ROUNDING)
        self._step = None if is_following else round(inpainted / self.step_percent)

    @property
    def step(self) -> int:
        return self.last if self._step is None else min(self._step, self.last)

    @property
    def inpainted(self) -> float:
        return self.step * self.step_percent

    @property
    def halves(self) -> list[int]:
        """The steps nearest to every 50 %."""
        count = int(self.steps * self.step_percent / POINT_SPACING_PERCENT * ROUNDING)
        return [self._at(POINT_SPACING_PERCENT * n) for n in range(count + 1)]

    def go(self, step: int) -> None:
        """Go to a step, or the nearest that is reached; ends playing."""
        self.pause()
        self._move_to(step)

    def go_to_percent(self, inpainted: float) -> None:
        self.go(self._at(inpainted))

    def move_by_half(self, count: int) -> None:
        """Move on by so many multiples of 50 %, or back; the last step counts as one."""
        stops = sorted({*(step for step in self.halves if step <= self.last), self.last})
        passed = [step for step in stops if (step < self.step if count < 0 else step > self.step)]
        if passed:
            self.go(passed[max(count, -len(passed))] if count < 0 else passed[min(count, len(passed)) - 1])

    def _at(self, inpainted: float) -> int:
        return round(inpainted / self.step_percent)

    def _move_to(self, step: int) -> None:
        step = min(max(step, 0), self.last)
        self._step = None if step == self.last else step

    # Playing

    @property
    def playing(self) -> bool:
        return self._play_start is not None

    @property
    def tick_seconds(self) -> float:
        return max(1 / self.speed, 1 / MAX_PAINTS_PER_SECOND)

    def play(self) -> None:
        """Play to the last step; from the original if that is shown."""
        if self.step == self.last:
            self._move_to(0)
        if self.last:
            self._play_start = self._clock(), self.step

    def pause(self) -> None:
        self._play_start = None

    def tick(self) -> None:
        """Move to the step that is due; stop at the last one."""
        if self._play_start is None:
            return
        since, first = self._play_start
        self._move_to(first + round((self._clock() - since) * self.speed))
        if self.step == self.last:
            self.pause()

    def change_speed(self, direction: int) -> None:
        """Play at the next faster speed (1) or the next slower one (-1)."""
        others = [s for s in PLAY_SPEEDS if (s > self.speed if direction > 0 else s < self.speed)]
        if others:
            self.tick()
            self.speed = others[0 if direction > 0 else -1]
            self._play_start = (self._clock(), self.step) if self.playing else None
