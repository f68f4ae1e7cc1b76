"""The screen of the settings: what is changed holds, and is in the file."""

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from riptui.settings import load_settings
from riptui.settings.edit_file import editable_settings
from riptui.tui.dialogs import TextDialog
from riptui.tui.settings_screen import SettingsScreen
from tests.support.app_pilot import AppPilot, open_app
from tests.support.trajectories import MakeTrajectory

pytestmark = pytest.mark.slow


async def go_to(pilot: AppPilot, name: str) -> SettingsScreen:
    """Open the screen if it is not open, with the cursor on a setting."""
    if not isinstance(pilot.app.screen, SettingsScreen):
        await pilot.press("O")
    screen: SettingsScreen = await pilot.wait_for_dialog(SettingsScreen)
    screen.query_one(OptionList).highlighted = editable_settings().index(name)
    await pilot.pause()
    return screen


@pytest.mark.exhaustive
async def test_values_change_by_key_and_mouse_and_hold_at_once(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory()
    async with open_app(runs) as pilot:
        await go_to(pilot, "confirm")
        await pilot.press("enter")
        assert load_settings().settings.confirm is False
        assert pilot.browser.settings.confirm is False
        await pilot.press("delete")
        assert load_settings().origins["confirm"] == "default"
        await go_to(pilot, "theme")
        await pilot.press("right", "right")
        assert pilot.app.theme == load_settings().settings.theme == "riptui-light"
        await pilot.click("SettingsScreen OptionList", offset=(3, 0))
        assert pilot.app.theme == load_settings().settings.theme == "ansi"
        await pilot.press("escape")
        await pilot.wait_for_command()


@pytest.mark.exhaustive
async def test_a_number_is_asked_for_and_checked(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory()
    async with open_app(runs) as pilot:
        await go_to(pilot, "play_speed")
        await pilot.press("enter")
        dialog = await pilot.wait_for_dialog(TextDialog)
        dialog.query_one(Input).value = "1000"
        await pilot.press("enter")
        assert "from 0.5 to 60" in pilot.text_of(".problem")
        dialog.query_one(Input).value = "24"
        await pilot.press("enter")
        await pilot.wait_for_dialog(SettingsScreen)
        assert load_settings().settings.play_speed == pilot.browser.settings.play_speed == 24


@pytest.mark.exhaustive
async def test_what_the_environment_sets_is_not_changed_here(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trajectory()
    monkeypatch.setenv("RIPTUI_THEME", "nord")
    async with open_app(runs) as pilot:
        await go_to(pilot, "theme")
        await pilot.press("enter")
        await pilot.wait_until(lambda: "$RIPTUI_THEME" in pilot.text_of("#about"))
        assert load_settings().settings.theme == "nord"
