"""D shows how far the seeds of the selection are apart; enter there goes to a trajectory."""

from pathlib import Path

import pytest

from riptui.tui.diversity.diversity_screen import DiversityScreen
from tests.support.app_pilot import open_app
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_d_on_a_trajectory_compares_the_seeds_beside_it(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in (0, 1):
        list(run_trajectory(make_trajectory(f"g/s{seed}", mask=256, seed=seed, inpainter="noise")))
    async with open_app(runs) as pilot:
        pilot.tree.select("g/s1")
        await pilot.wait_until(lambda: pilot.browser.shown_path == "g/s1")
        await pilot.press("D")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, DiversityScreen), "the screen")
        screen = pilot.app.screen
        assert isinstance(screen, DiversityScreen)
        await pilot.wait_until(lambda: screen.shown is not None, "the set")
        assert screen.shown
        first = f"g/s{screen.shown.seeds[0]}"
        await pilot.press("enter")
        await pilot.wait_until(lambda: pilot.browser.shown_path == first, "the trajectory of the row")
