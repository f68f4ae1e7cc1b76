"""From one repaint of a square to the next."""

from pathlib import Path

import pytest

from riptui.graphics.capabilities import Terminal
from riptui.spec import Box
from riptui.store.records import IterationRow
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.loader import TrajectorySnapshot
from riptui.tui.trajectory.picture_row import PictureRow
from tests.support.app_pilot import open_app
from tests.support.ended_trajectories import computed
from tests.support.trajectories import MakeTrajectory


def row(k: int, x: int, y: int) -> IterationRow:
    return IterationRow(k, Box(x, y, 64, 64), 0.0, 0.0, (0, 0), "", 0, 0.0, 1)


def test_it_is_the_next_of_the_square_and_after_the_last_the_first() -> None:
    rows = [row(1, 0, 0), row(2, 64, 0), row(3, 0, 0), row(4, 0, 64)]
    cursor = FrameCursor()
    cursor.update(TrajectorySnapshot(Path("a"), rows=rows, newest=4))
    found = []
    for k in range(5):
        cursor.go(k)
        found.append(cursor.find_next_repaint(63, 10))
    assert found == [1, 3, 3, 1, 1]
    assert cursor.find_next_repaint(64, 64) is None


@pytest.mark.slow
async def test_w_goes_through_the_repaints_of_the_square_below_the_mouse(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    trajectory = computed(make_trajectory(inpainter="noise", amount=200.0))
    async with open_app(runs, terminal=Terminal("halfblock", "a test", truecolor=True)) as pilot:
        await pilot.wait_for_frame(trajectory.spec.iterations)
        region = pilot.view.query_one(PictureRow).query("PictureWidget").last().region
        await pilot.hover((region.x + region.width // 2 + 1, region.y + region.height // 2))
        side, expected = trajectory.spec.mask, []
        for one in trajectory.read_rows():
            if one.box.x <= 128 + 8 < one.box.x + side and one.box.y <= 128 + 8 < one.box.y + side:
                expected.append(one.k)
        pilot.view.first()
        for k in [*expected, *expected[:1]]:
            await pilot.press("w")
            await pilot.wait_for_frame(k)
