"""Where a comparison is: an inpainted %, in steps of the finest grid of squares. No Textual, no disk."""

import time
from collections.abc import Callable, Sequence
from math import ceil

from riptui.spec import POINT_SPACING_PERCENT
from riptui.tui.playback import Playback
from riptui.tui.trajectory.loader import TrajectorySnapshot

ROUNDING = 1 + 1e-12  # 7 of 9 squares are 77.7... %


class ComparePosition(Playback):
    """A step is a frame of the trajectory with the smallest squares; the others show their last frame up to there."""

    last: int = 0

    def __init__(self, *, speed: float = 8.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(speed=speed, clock=clock)
        self.step_percent = 100.0
        self.steps = 0
        """Of the largest amount."""
        self._step: int | None = None  # None: the last one reached, also as that grows

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
    def position(self) -> int:
        return self.last if self._step is None else min(self._step, self.last)

    def move_to(self, position: int) -> None:
        step = min(max(position, 0), self.last)
        self._step = None if step == self.last else step

    @property
    def inpainted(self) -> float:
        return self.position * self.step_percent

    @property
    def halves(self) -> list[int]:
        count = int(self.steps * self.step_percent / POINT_SPACING_PERCENT * ROUNDING)
        return [self._at(POINT_SPACING_PERCENT * n) for n in range(count + 1)]

    def go_to_percent(self, inpainted: float) -> None:
        self.go(self._at(inpainted))

    def _at(self, inpainted: float) -> int:
        return round(inpainted / self.step_percent)
