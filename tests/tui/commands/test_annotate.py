"""Tags and notes in the app, and the filter that finds them."""

from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input, TextArea

from riptui.store.annotations import MAX_NOTE_LENGTH, change_annotations, read_annotations
from riptui.tui.commands.annotate import NoteDialog
from riptui.tui.dialogs import TextDialog
from tests.support.app_pilot import open_app
from tests.support.trajectories import MakeTrajectory


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_tags_and_a_note_are_edited_and_found(make_trajectory: MakeTrajectory, runs: Path) -> None:
    cat = make_trajectory("fig7/cat").path
    make_trajectory("fig7/dog", seed=1)
    change_annotations(cat, lambda annotations: annotations.with_tags(["old"]))
    async with open_app(runs) as pilot:
        pilot.tree.select("fig7/cat")
        await pilot.press("t")
        dialog = await pilot.wait_for_dialog(TextDialog)
        assert dialog.query_one(Input).value == "old"
        dialog.query_one(Input).value = "usable, figure-3 -x"
        await pilot.press("enter")
        assert pilot.app.screen is dialog  # -x is no tag
        dialog.query_one(Input).value = "usable, figure-3"
        await pilot.press("enter")
        await pilot.wait_for_command()
        assert read_annotations(cat).tags == ("figure-3", "usable")
        await pilot.press("T")
        (await pilot.wait_for_dialog(NoteDialog)).query_one(TextArea).text = "line 1\nline 2"
        await pilot.press("ctrl+s")
        await pilot.wait_for_command()
        assert read_annotations(cat).note == "line 1\nline 2"
        await pilot.wait_until(lambda: pilot.tree.model.entries["fig7/cat"].note == "line 1\nline 2")
        await pilot.press("slash", *"tag:usable")
        await pilot.wait_until(lambda: pilot.tree.model.list_matching("") == ["fig7/cat"])
        assert pilot.browser.query_one("#left").border_subtitle == "1 of 2"


@pytest.mark.slow
async def test_of_a_long_paste_a_note_takes_what_it_may_hold(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("cat")
    async with open_app(runs, select="cat") as pilot:
        await pilot.press("T")
        area = (await pilot.wait_for_dialog(NoteDialog)).query_one(TextArea)
        for text in ("before ", "x" * 1_000_000):
            pilot.app.post_message(Paste(text))
        await pilot.wait_for_toast(f"only {MAX_NOTE_LENGTH - 7:,} of 1,000,000 pasted characters")
        await pilot.wait_until(lambda: area.text == f"before {'x' * (MAX_NOTE_LENGTH - 7)}", "what fits")


@pytest.mark.slow
async def test_a_note_that_was_not_saved_is_not_lost(make_trajectory: MakeTrajectory, runs: Path) -> None:
    cat = make_trajectory("cat").path
    too_long = "x" * (MAX_NOTE_LENGTH + 1)
    async with open_app(runs, select="cat") as pilot:
        await pilot.press("T")
        first = await pilot.wait_for_dialog(NoteDialog)
        first.query_one(TextArea).text = too_long
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, NoteDialog) and pilot.app.screen is not first)
        assert pilot.app.screen.query_one(TextArea).text == too_long
        pilot.app.screen.query_one(TextArea).text = "mine"
        change_annotations(cat, lambda annotations: annotations.with_note("theirs"))
        second = pilot.app.screen
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, NoteDialog) and pilot.app.screen is not second)
        assert pilot.app.screen.query_one(TextArea).text == "mine"
        assert read_annotations(cat).note == "theirs"
        await pilot.press("ctrl+s")
        await pilot.wait_for_command()
        assert read_annotations(cat).note == "mine"


@pytest.mark.slow
async def test_tags_that_were_not_saved_can_be_saved_again(make_trajectory: MakeTrajectory, runs: Path) -> None:
    cat = make_trajectory("cat").path
    async with open_app(runs, select="cat") as pilot:
        await pilot.press("t")
        first = await pilot.wait_for_dialog(TextDialog)
        first.query_one(Input).value = "usable"
        (cat / "annotations.json").mkdir()
        await pilot.press("enter")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, TextDialog) and pilot.app.screen is not first)
        assert pilot.app.screen.query_one(Input).value == "usable"
        (cat / "annotations.json").rmdir()
        await pilot.press("enter")
        await pilot.wait_for_command()
        assert read_annotations(cat).tags == ("usable",)


@pytest.mark.slow
async def test_the_filter_says_what_is_wrong_and_what_it_leaves(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in range(3):
        make_trajectory(f"fig7/m64-s{seed}", seed=seed)
    async with open_app(runs) as pilot:
        await pilot.wait_until(lambda: pilot.browser.details)
        pilot.tree.select("fig7")
        await pilot.press("slash")
        typed, details = pilot.browser.query_one("#filter", Input), pilot.browser.details
        assert details is not None
        typed.value = "seed:0,1"
        await pilot.wait_until(lambda: details.group_view.count == 2)
        typed.value = "sede:1"
        await pilot.wait_until(lambda: "no trajectory has a field sede" in pilot.text_of("#filter-error"))
        assert pilot.tree.model.matching_totals("").total() == 2
        typed.value = "cat"
        await pilot.wait_until(lambda: pilot.browser.query_one("#left").border_subtitle == "nothing matches")
        await pilot.press("escape")
        await pilot.wait_until(lambda: details.group_view.count == 3)
        assert not pilot.browser.query("#filter, #filter-error")


@pytest.mark.slow
async def test_marked_trajectories_are_tagged_at_once_and_keep_what_is_theirs(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    paths = [make_trajectory(f"g/t{seed}", seed=seed).path for seed in range(3)]
    for path, tags in zip(paths, (["all", "first"], ["all"], []), strict=True):
        change_annotations(path, lambda annotations, tags=tags: annotations.with_tags(tags, []))
    async with open_app(runs, select="g/t0") as pilot:
        await pilot.press("m", "m", "t")
        dialog = await pilot.wait_for_dialog(TextDialog)
        assert dialog.query_one(Input).value == "all"
        dialog.query_one(Input).value = "chosen"
        await pilot.press("enter")
        await pilot.wait_for_command()
        assert pilot.browser.said == "tags of 2 marked trajectories (of all of them): chosen"
    assert [list(read_annotations(path).tags) for path in paths] == [["chosen", "first"], ["chosen"], []]


@pytest.mark.slow
async def test_the_heading_of_a_group_has_its_own_tags(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("g/t0")
    make_trajectory("g/t1", seed=1)
    async with open_app(runs, select="g") as pilot:
        await pilot.press("t", *"usable", "enter")
        await pilot.wait_until(lambda: pilot.text_of("#group-name") == "g #usable", "the tag")
