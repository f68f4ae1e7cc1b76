"""The position in a trajectory: which frame is shown, and the ways to move to another. No Textual, no disk."""

import time
from collections.abc import Callable

from riptui.spec import Spec
from riptui.tui.playback import Playback
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.loader import NO_SNAPSHOT, TrajectorySnapshot
from riptui.tui.trajectory.metric_series import XAxis


class FrameCursor(Playback):
    """Frame `k` of the trajectory last passed to `update`, from 0, the original, to `newest`."""

    def __init__(
        self, *, speed: float = 8.0, axis: XAxis = "inpainted", clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(speed=speed, clock=clock)
        self.k = 0
        self.chosen_axis: XAxis = axis
        self.snapshot = NO_SNAPSHOT

    def update(self, snapshot: TrajectorySnapshot) -> bool:
        """Move to a trajectory as it was just read. Returns whether the frame to show is another one.

        Follows the newest frame if that is shown, else stays at k; in another trajectory at an equal inpainted %.
        """
        previous, self.snapshot = self.snapshot, snapshot
        old_k = self.k
        if previous.spec is None or old_k == previous.newest:
            self.move_to(snapshot.newest)
        elif previous.path == snapshot.path or snapshot.spec is None:
            self.move_to(old_k)
        else:
            self.move_to(snapshot.spec.reaches(previous.spec.inpainted(old_k)))
        return self.k != old_k or previous.rows is not snapshot.rows

    @property
    def spec(self) -> Spec | None:
        """None: there is no readable trajectory."""
        return self.snapshot.spec

    @property
    def position(self) -> int:
        return self.k

    @property
    def last(self) -> int:
        """The newest frame saved so far."""
        return self.snapshot.newest

    newest = last

    def move_to(self, position: int) -> None:
        self.k = min(max(position, 0), self.newest)

    @property
    def halves(self) -> list[int]:
        return self.spec.point_iterations() if self.spec else []

    def find_next_repaint(self, x: int, y: int) -> int | None:
        """The first iteration after k that repainted the pixel (x, y); after the last one the first of all; or None."""
        rows, tiles = self.snapshot.rows[: self.newest], self.snapshot.tiles
        inside = [row.k for row in rows if 0 <= x - row.box.x < row.box.width and 0 <= y - row.box.y < row.box.height]
        repaints = [repaint for repaint in inside if tiles is None or tiles.covers(repaint, x, y)]
        return next((repaint for repaint in repaints if repaint > self.k), next(iter(repaints), None))

    # The x axis of the chart

    @property
    def axis(self) -> XAxis:
        """The axis that was chosen; passes, where each iteration repaints the whole image."""
        return "passes" if self.spec is not None and self.spec.whole_image else self.chosen_axis

    def toggle_axis(self) -> None:
        self.chosen_axis = "coverage" if self.chosen_axis == "inpainted" else "inpainted"

    def marker_x(self) -> float | None:
        """Where frame k is on the axis. None at the newest: its marker would move all the time, 7 kB per move."""
        if self.spec is None or self.following:
            return None
        return metric_series.x_position(self.spec, self.snapshot.rows, self.k, self.axis)

    def frame_at(self, x: float) -> int:
        if self.spec is None:
            return 0
        return metric_series.frame_at(self.spec, self.snapshot.rows, self.newest, x, self.axis)
