"""B rates blind what is selected; the answers lie in its folder."""

from pathlib import Path

import pytest
from textual.widgets import Input

from riptui.store.ratings import read_ratings
from riptui.tui.commands import start_rating
from riptui.tui.dialogs import ChoiceDialog, TextDialog
from riptui.tui.rating.rating_screen import RatingScreen
from riptui.tui.titled_picture import TitledPicture
from tests.support.app_pilot import AppPilot, open_app, screen_text
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
        await pilot.wait_for_words("1 answer of ann saved in")


@pytest.mark.slow
async def test_another_rater_is_remembered_and_may_take_earlier_answers_back(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_rating, "guess_rater", lambda: "ann")
    for mask in (128, 256):
        list(run_trajectory(make_trajectory(f"g/m{mask}", mask=mask, inpainter="noise")))
    journal = runs / "g" / "ratings.bob.jsonl"
    async with open_app(runs) as pilot:
        await begin(pilot, "g", "r")
        dialog = await pilot.wait_for_dialog(TextDialog)
        dialog.query_one(Input).value = "bob"
        await pilot.press("enter")
        await pilot.wait_until(lambda: "Rate blind as bob: 2 trajectories in g" in screen_text(pilot.app), "the choice")
        await pilot.press("1")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, RatingScreen), "the screen")
        await pilot.press("2")
        await pilot.wait_until(lambda: len(read_ratings(journal)) == 1, "the answer")
        await pilot.press("escape")
        await pilot.wait_for_words("1 answer of bob saved in")
        await begin(pilot, "g", "1")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, RatingScreen), "the screen")
        await pilot.press("u")
        await pilot.wait_until(lambda: not read_ratings(journal), "no answer")
        await pilot.press("escape")
        await pilot.wait_for_words("1 answer of bob taken back from")


@pytest.mark.slow
async def test_with_nothing_to_compare_it_says_what_to_press(make_trajectory: MakeTrajectory, runs: Path) -> None:
    list(run_trajectory(make_trajectory("g/only", mask=128, inpainter="noise")))
    async with open_app(runs) as pilot:
        await begin(pilot, "g", "1")
        await pilot.wait_until(lambda: any("3 after B in the app" in toast for toast in pilot.toasts), "the reason")
