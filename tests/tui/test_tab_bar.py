"""The row of tabs: each has a place, also where there is little room."""

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult

from riptui.tui.tab_bar import TabBar
from tests.support.app_pilot import screen_text, wait_until

NAMES = ("mean", "points", "runs", "recursion", "table", "gallery")


class TabBarApp(App[None]):
    def __init__(self, names: Sequence[str] = NAMES) -> None:
        super().__init__()
        self.names = names
        self.clicked: list[str] = []

    def compose(self) -> ComposeResult:
        yield TabBar(self.names, self.names[0])

    def on_tab_bar_tab_clicked(self, message: TabBar.TabClicked) -> None:
        self.clicked.append(message.name)


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (60, "Mean   Points   Runs   Recursion   Table   Gallery"),
        (41, "Mean Points Runs Recursion Table Gallery"),
        (30, "Mean Poin Runs Recu Tabl Gall"),
        (23, "Mea Poi Run Rec Tab Gal"),
        (17, "Me Po Ru Re Ta Ga"),
        (12, "M P R R T G"),
    ],
)
async def test_every_tab_is_shown_and_can_be_clicked_in_any_room(columns: int, shown: str) -> None:
    app = TabBarApp()
    async with app.run_test(size=(columns, 3)) as pilot:
        await wait_until(pilot, lambda: screen_text(app).splitlines()[0] == shown, shown)
        await pilot.click(offset=(len(shown) - 1, 0))
        await wait_until(pilot, lambda: app.clicked == ["gallery"], "the last one")


@pytest.mark.parametrize(
    ("columns", "shown"), [(30, "Spec   Log   Spectrum"), (14, "Spec Log Spect"), (13, "Spec Lo Spect")]
)
async def test_names_that_begin_alike_are_told_apart(columns: int, shown: str) -> None:
    app = TabBarApp(("spec", "log", "spectrum"))
    async with app.run_test(size=(columns, 3)) as pilot:
        await wait_until(pilot, lambda: screen_text(app).splitlines()[0] == shown, shown)
