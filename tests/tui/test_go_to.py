"""What can be gone to by a text: no runs folder."""

import pytest
from textual.app import App
from textual.widgets import Input

from riptui.tui.go_to import Target, find_targets
from riptui.tui.go_to_dialog import NO_TRAJECTORY, NOTHING, GoToDialog
from tests.support.app_pilot import click_text, screen_text, wait_until
from tests.support.trajectories import make_spec, picture

SPEC = make_spec(picture())  # 16 squares of 6.25 %
PATHS = ["fig7", "fig7/cat", "fig7/cat/m64-s0", "fig7/cat/m128-s0"]
COMMANDS = {"Actions: Export": "Export files", "Compute: Pause": "Pause or resume"}


def found(text: str, newest: int = 12) -> list[Target]:
    return find_targets(text, SPEC, newest, PATHS, ["mask:64", "seed:1"], COMMANDS)


@pytest.mark.parametrize(
    ("text", "k", "note"),
    [
        ("50 %", "8", "50 %"),
        ("51%", "9", "56 %"),
        ("k 7", "7", "44 %"),
        ("k7", "7", "44 %"),
        ("0", "0", "0 %"),
        ("400 %", "12", "the newest: 64 is not saved"),
        ("999999999", "12", "the newest: 999,999,999 is not saved"),
    ],
)
def test_a_frame_is_named_by_its_number_or_amount(text: str, k: str, note: str) -> None:
    assert found(text)[0] == Target("frame", k, note)


def test_where_no_trajectory_is_shown_there_are_no_frames() -> None:
    assert find_targets("7", None, 0, PATHS, [], {})[0].kind == "path"


def test_a_path_or_command_has_these_letters_in_this_order() -> None:
    assert [target.value for target in found("cat")] == ["fig7/cat", "fig7/cat/m64-s0", "fig7/cat/m128-s0"]
    assert [target.value for target in found("cm128")] == ["fig7/cat/m128-s0"]
    assert [target.value for target in found("fig cat m128")] == ["fig7/cat/m128-s0"]
    assert [target.value for target in found("pause compute")] == []
    assert found("export") == [Target("command", "Actions: Export", "Export files")]
    assert found("") == found("zzz") == []


def test_after_a_slash_stands_a_filter_and_the_kept_ones_follow() -> None:
    assert [target.value for target in found("/")] == ["mask:64", "seed:1"]
    assert [target.value for target in found("/mask:")] == ["mask:", "mask:64"]


def test_after_an_at_stand_the_named_filters() -> None:
    named = {"day": "mask:64", "night": "seed:1"}
    assert find_targets("@ni", None, 0, [], [], {}, named) == [Target("filter", "@night", "seed:1")]
    assert len(find_targets("@", None, 0, [], [], {}, named)) == 2


def test_names_from_the_disk_are_escaped() -> None:
    [target] = find_targets("g", None, 0, ["\x1b[2Jg"], [], {})
    assert target.label == "\\x1b[2Jg"


@pytest.mark.slow
async def test_a_text_that_nothing_fits_says_so() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        app.push_screen(GoToDialog(found))
        await pilot.press(*"qq", "enter")
        await pilot.pause()
        assert NOTHING in screen_text(app)
        assert isinstance(app.screen, GoToDialog)
        await pilot.press("backspace", "backspace")
        await pilot.pause()
        assert NOTHING not in screen_text(app)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["231 %", "k 37"])
async def test_a_frame_without_a_trajectory_is_told_to_need_one(text: str) -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        app.push_screen(GoToDialog(lambda typed: find_targets(typed, None, 0, PATHS, [], COMMANDS), has_frames=False))
        await pilot.pause()
        app.screen.query_one(Input).value = text
        await wait_until(pilot, lambda: NO_TRAJECTORY in screen_text(app), "the reason")
        app.screen.query_one(Input).value = "zzz"
        await wait_until(pilot, lambda: NOTHING in screen_text(app), "another reason")


@pytest.mark.slow
async def test_a_target_is_chosen_by_a_click_and_escape_can_be_clicked() -> None:
    app: App[None] = App()
    chosen: list[Target | None] = []
    async with app.run_test() as pilot:
        app.push_screen(GoToDialog(found), chosen.append)
        await pilot.press(*"cat")
        await click_text(pilot, "fig7/cat/m128-s0")
        await wait_until(pilot, lambda: [target and target.value for target in chosen] == ["fig7/cat/m128-s0"])
        app.push_screen(GoToDialog(found), chosen.append)
        await click_text(pilot, "esc cancel")
        await wait_until(pilot, lambda: chosen[1:] == [None], "the dialog closed")
