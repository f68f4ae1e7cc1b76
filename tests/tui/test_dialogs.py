"""The dialogs by the mouse alone: buttons, choices, and the keys in their borders."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

import riptui
from riptui.store.annotations import read_annotations
from riptui.store.trajectory import Trajectory
from riptui.tui.commands.annotate import NoteDialog
from riptui.tui.dialogs import ChoiceDialog, ConfirmDialog, MultiChoiceDialog, TextDialog
from riptui.tui.help import HelpScreen
from riptui.tui.launch.screen import LaunchScreen
from riptui.tui.steady_input import SteadyInput
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FIRST, queue_trajectory


def test_no_line_to_type_in_blinks() -> None:
    """It would send bytes for ever."""
    files = [file for file in Path(riptui.__file__).parent.rglob("*.py") if file.name != "steady_input.py"]
    assert [file.name for file in files if re.search(r"\bInput\(|\(Input\):", file.read_text())] == []
    assert not SteadyInput().cursor_blink


@pytest.fixture
async def pilot(runs: Path) -> AsyncIterator[AppPilot]:
    """In the tree, on a queued trajectory."""
    queue_trajectory(runs, FIRST)
    async with open_app(runs, select=FIRST) as pilot:
        yield pilot


@pytest.mark.slow
async def test_a_text_is_accepted_and_dropped_by_clicks(pilot: AppPilot, runs: Path) -> None:
    await pilot.press("t", *"usable")
    await pilot.wait_for_dialog(TextDialog)
    await pilot.click_text("esc cancel")
    await pilot.wait_for_command()
    assert not read_annotations(runs / FIRST).tags
    await pilot.press("t", *"usable")
    await pilot.wait_for_dialog(TextDialog)
    await pilot.click_text("enter accept")
    await pilot.wait_for_command()
    assert read_annotations(runs / FIRST).tags == ("usable",)


@pytest.mark.slow
async def test_a_note_that_is_not_saved_can_be_saved_by_a_click(pilot: AppPilot, runs: Path) -> None:
    await pilot.press("T")
    dialog = await pilot.wait_for_dialog(NoteDialog)
    dialog.query_one(TextArea).text = "a note"
    await pilot.click_text("esc cancel")
    await pilot.wait_until(lambda: "not saved:  ctrl+s save" in pilot.screen_text, "the warning")
    await pilot.click_text("ctrl+s save")
    await pilot.wait_for_command()
    assert read_annotations(runs / FIRST).note == "a note"


@pytest.mark.slow
async def test_a_question_is_answered_by_its_buttons(pilot: AppPilot, runs: Path) -> None:
    for button, state in (("No  (n)", "run"), ("Stop  (y)", "stop")):
        await pilot.press("x")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.click_text(button)
        await pilot.wait_for_command()
        assert Trajectory(runs / FIRST).request.state == state


@pytest.mark.slow
async def test_one_of_several_is_chosen_by_a_click(pilot: AppPilot, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
    await pilot.press("y")
    await pilot.wait_for_dialog(ChoiceDialog)
    await pilot.click_text("esc cancel")
    await pilot.wait_for_command()
    await pilot.press("y")
    await pilot.wait_for_dialog(ChoiceDialog)
    await pilot.click_text("path")
    await pilot.wait_until(lambda: len(copied) == 1 and copied[0].endswith(FIRST), "the path")


@pytest.mark.slow
async def test_metrics_are_ticked_and_dropped_by_clicks(pilot: AppPilot) -> None:
    await pilot.press("M")
    dialog = await pilot.wait_for_dialog(MultiChoiceDialog)
    names = dialog.query_one("SelectionList")
    before = set(names.selected)
    await pilot.click_text("delta-e")
    await pilot.wait_until(lambda: set(names.selected) ^ before == {"delta-e"}, "the tick")
    await pilot.click_text("esc cancel")
    await pilot.wait_for_command()


@pytest.mark.slow
async def test_help_and_the_form_are_closed_by_a_click(pilot: AppPilot) -> None:
    await pilot.click_text("? Help")
    await pilot.wait_for_dialog(HelpScreen)
    await pilot.click_text("esc close")
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")
    await pilot.click_text("n New")
    await pilot.wait_for_dialog(LaunchScreen)
    await pilot.click_text("esc cancel")
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree again")


@pytest.mark.slow
async def test_the_filter_is_typed_kept_and_cleared_with_the_mouse(pilot: AppPilot) -> None:
    await pilot.click_text("/ Filter")
    await pilot.wait_until(lambda: pilot.browser.query("#filter"), "the line")
    await pilot.press(*"seed:0")
    await pilot.click_text("enter Keep")
    await pilot.wait_until(lambda: pilot.app.focused is pilot.tree, "the tree")
    await pilot.click("#filter")
    await pilot.wait_until(lambda: isinstance(pilot.app.focused, Input), "the line again")
    await pilot.click_text("esc Clear")
    await pilot.wait_until(lambda: not pilot.browser.query("#filter"), "no filter")
