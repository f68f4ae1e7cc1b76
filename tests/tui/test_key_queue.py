"""Keys that come together, as they do when they are typed ahead over a slow line."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input

from riptui.tui import key_queue
from riptui.tui.dialogs import TextDialog
from riptui.tui.gallery.gallery_screen import GalleryScreen
from riptui.tui.go_to_dialog import GoToDialog
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.plot.series import Series
from riptui.tui.runs.filter_line import FilterLine
from riptui.tui.tab_bar import TabBar
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FIRST, make_runs, queue_trajectory


@pytest.fixture
async def pilot(tmp_path: Path) -> AsyncIterator[AppPilot]:
    queue_trajectory(tmp_path / "runs", FIRST)
    async with open_app(tmp_path / "runs") as pilot:
        yield pilot


def type_at_once(pilot: AppPilot, keys: Sequence[str]) -> None:
    """Send keys as the terminal's thread does that has read them with one read."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


@pytest.mark.slow
async def test_a_filter_that_is_typed_at_once_goes_to_its_line(pilot: AppPilot) -> None:
    type_at_once(pilot, ["slash", *"pixsm"])
    await pilot.wait_until(lambda: bool(pilot.browser.query(FilterLine)), "the line")
    await pilot.wait_until(lambda: pilot.browser.query_one(FilterLine).value == "pixsm", "what was typed")
    assert not pilot.tree.marked
    assert not pilot.browser.said


@pytest.mark.slow
@pytest.mark.parametrize(("key", "dialog"), [("colon", GoToDialog), ("t", TextDialog), ("f2", TextDialog)])
async def test_what_is_typed_at_once_goes_to_the_dialog_that_opens(
    key: str, dialog: type[GoToDialog | TextDialog], pilot: AppPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("MAX_SECONDS", "MAX_WORKER_SECONDS"):
        monkeypatch.setattr(key_queue, limit, 1000.0)  # so that they come at once, not when waiting is given up
    type_at_once(pilot, [key, *"pxm"])
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, dialog), "the dialog")
    await pilot.wait_until(lambda: [line.value for line in pilot.app.screen.query(Input)] == ["pxm"], "it")
    await pilot.press("escape")
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")
    assert not pilot.tree.marked


@pytest.mark.slow
async def test_keys_go_on_after_a_dialog_is_closed_by_one_of_them(pilot: AppPilot) -> None:
    type_at_once(pilot, ["t", *"new", "enter", "m"])
    await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark")
    type_at_once(pilot, ["f", "escape", "m", "f", "escape", "m"])
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")
    await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark again")
    assert not any(isinstance(screen, LargeScreen) for screen in pilot.app.screen_stack)


@pytest.mark.slow
async def test_keys_go_on_at_once_after_one_that_removes_the_widget_it_is_typed_into(
    pilot: AppPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_queue, "MAX_SECONDS", 1000.0)
    type_at_once(pilot, ["slash", "p", "escape", "m"])
    await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark")
    assert not pilot.browser.query(FilterLine)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (100, 22)])
async def test_the_chart_of_a_group_is_that_of_its_tab_after_tabs_chosen_at_once(
    size: tuple[int, int], tmp_path: Path
) -> None:
    make_runs(tmp_path / "runs")
    async with open_app(tmp_path / "runs", size, select="fig7/cat") as pilot:
        await pilot.wait_until(lambda: pilot.browser.details is not None, "the group")
        assert pilot.browser.details is not None
        view = pilot.browser.details.group_view
        drawn: dict[str, tuple[Series, ...]] = {}
        for key, tab in (("3", "runs"), ("1", "mean")):
            await pilot.press(key)
            await pilot.wait_until(lambda tab=tab: view.charts and view.query_one(TabBar).chosen == tab, tab)
            await pilot.wait_until(lambda: view.charts[0].series not in [(), *drawn.values()], "its chart")
            drawn[tab] = view.charts[0].series
        type_at_once(pilot, [*"12345163"])
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, GalleryScreen), "the gallery")
        type_at_once(pilot, ["escape", "4", "3", "1"])
        await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the group again")
        await pilot.wait_until(lambda: view.query_one(TabBar).chosen == "mean", "the last tab")
        await pilot.wait_until(lambda: view.charts and view.charts[0].series == drawn["mean"], "its chart")
