"""B rates blind what is selected; the answers lie in its folder."""

from pathlib import Path

import pytest

from riptui.store.ratings import read_ratings
from riptui.tui.commands import start_rating
from riptui.tui.dialogs import ChoiceDialog
from riptui.tui.rating.rating_screen import RatingScreen
from riptui.tui.titled_picture import TitledPicture
from tests.support.app_pilot import AppPilot, open_app
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


async def begin(pilot: AppPilot, path: str, mode: str) -> None:
    pilot.tree.select(path)
    await pilot.wait_until(lambda: pilot.browser.shown_path == path)
    await pilot.press("B")
    await pilot.wait_for_dialog(ChoiceDialog)
    await pilot.press(mode)


@pytest.mark.slow
async def test_b_rates_the_group_and_says_where_the_answers_are(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_rating, "guess_rater", lambda: "ann")
    for mask in (128, 256):
        list(run_trajectory(make_trajectory(f"g/m{mask}", mask=mask, inpainter="noise")))
    async with open_app(runs) as pilot:
        await begin(pilot, "g/m128", "1")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, RatingScreen), "the screen")
        pictures = [column for column in pilot.app.screen.query(TitledPicture) if column.display]
        await pilot.wait_until(lambda: any(column.picture.image is not None for column in pictures), "the pictures")
        await pilot.press("1")
        await pilot.wait_until(lambda: len(read_ratings(runs / "g" / "ratings.ann.jsonl")) == 1, "the answer")
        await pilot.press("escape")
        await pilot.wait_for_words("1 answer saved in")
