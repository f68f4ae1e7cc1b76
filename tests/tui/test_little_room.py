"""The app in small terminals, as over SSH: nothing is covered, and what is cut off says so or goes on below."""

from pathlib import Path

import msgspec
import pytest
from textual.content import Content
from textual.widgets._toast import Toast

from riptui.store.annotations import change_annotations
from riptui.tui.group.table import GroupTable
from riptui.tui.text_lines import WrappedLine
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FIRST, make_runs, queue_trajectory

SMALLEST = (60, 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by all, written by none."""
    runs = tmp_path_factory.mktemp("little") / "runs"
    make_runs(runs)
    return runs


def rows_of(pilot: AppPilot) -> list[str]:
    """Those of the right side."""
    return [row[28:].strip(" │") for row in pilot.screen_text.splitlines()]


@pytest.mark.slow
async def test_what_a_tab_says_and_counts_is_all_there(folder: Path) -> None:
    async with open_app(folder, SMALLEST, select=FIRST) as pilot:
        await pilot.wait_for_frame(32)
        await pilot.press("7")
        await pilot.wait_until(lambda: "metrics spectrum, or M" in " ".join(rows_of(pilot)), "what is missing")
        await pilot.press("4")
        await pilot.wait_until(lambda: any(row.startswith("by surroundings") for row in rows_of(pilot)), "the numbers")
        assert any("coverage explains" in row and row.endswith("%") for row in rows_of(pilot))
        await pilot.press("3")
        await pilot.wait_until(lambda: "200.0 %" in pilot.screen_text, "the inpainted %")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_toast_covers_the_folder_and_no_more(size: tuple[int, int], folder: Path) -> None:
    async with open_app(folder, size, shows_toasts=True) as pilot:
        pilot.app.notify("m64-s1: done", markup=False)
        await pilot.wait_until(lambda: [toast.size.width for toast in pilot.app.screen.query(Toast)] > [0], "it")
        region = pilot.app.screen.query_one(Toast).region
        assert (region.y, region.height) == (0, 1)
        assert region.right <= pilot.browser.query_one("#counts").region.x
        pilot.app.notify("a long one " * 20, markup=False)
        await pilot.wait_until(lambda: len(pilot.app.screen.query(Toast)) == 2, "the other")
        await pilot.wait_until(
            lambda: all(toast.region.bottom < size[1] // 2 for toast in pilot.app.screen.query(Toast))
        )


@pytest.mark.slow
async def test_in_little_room_a_toast_stands_below_the_counts(folder: Path) -> None:
    async with open_app(folder, SMALLEST, shows_toasts=True) as pilot:
        counts = pilot.screen_text.splitlines()[0]
        assert "done" in counts
        pilot.app.notify("a group with a long name/m64-s0: done", markup=False)
        await pilot.wait_until(lambda: "m64-s0: done" in pilot.screen_text.splitlines()[1], "it")
        assert pilot.screen_text.splitlines()[0] == counts


@pytest.mark.slow
async def test_feedback_that_is_too_long_for_its_line_is_a_toast_too(folder: Path) -> None:
    async with open_app(folder, SMALLEST) as pilot:
        pilot.browser.say("short")
        assert not pilot.toasts
        pilot.browser.say("long " * 20)
        await pilot.wait_for_toast("long long")
        await pilot.wait_until(lambda: pilot.screen_text.splitlines()[-2].endswith("long lo…"), "its beginning")


@pytest.mark.slow
async def test_escape_returns_from_a_groups_table_to_the_tree(folder: Path) -> None:
    async with open_app(folder, (80, 24), select="fig7") as pilot:
        await pilot.wait_until(lambda: len(pilot.browser.query_one(GroupTable).keys) == 4, "the table")
        pilot.tree.mark(FIRST)
        await pilot.press("5")
        await pilot.wait_until(lambda: pilot.app.focused is pilot.browser.query_one(GroupTable), "the table's focus")
        await pilot.press("escape")
        assert pilot.app.focused is pilot.tree
        assert pilot.tree.marked, "the marks go with the next one"
        await pilot.press("escape")
        assert not pilot.tree.marked


@pytest.mark.slow
async def test_a_large_picture_has_its_name_and_a_value_below_it(folder: Path) -> None:
    async with open_app(folder, (47, 20), select=FIRST) as pilot:
        await pilot.wait_for_frame(32)
        await pilot.press("f")
        await pilot.wait_until(lambda: " m64-s0  frame 32/32  200 %  SSIM 0.8" in pilot.screen_text, "them")


@pytest.mark.slow
async def test_a_name_is_whole_where_its_status_and_tags_can_be_cut(tmp_path: Path) -> None:
    path = "a/m64-s0-telea-a200-256px"
    trajectory = queue_trajectory(tmp_path, path)
    change_annotations(trajectory.path, lambda before: msgspec.structs.replace(before, tags=("usable",)))
    async with open_app(tmp_path, SMALLEST, select=path) as pilot:
        await pilot.press("left_square_bracket", "left_square_bracket")
        await pilot.wait_until(lambda: " m64-s0-telea-a200-256px  ○ q" in pilot.screen_text, "the name")


@pytest.mark.slow
async def test_what_helps_after_a_failure_is_there_before_since_when(folder: Path) -> None:
    async with open_app(folder, SMALLEST, select="fig7/dog/m64-s0") as pilot:
        await pilot.wait_until(lambda: "m64-s0  ✗ (R retry, 6 log)" in pilot.screen_text, "the keys")
        await pilot.click_text("6 log")
        await pilot.wait_until(lambda: "iteration 3 failed" in pilot.screen_text, "the log")


@pytest.mark.slow
async def test_parts_of_a_line_go_on_whole_in_the_next_row(folder: Path) -> None:
    async with open_app(folder, SMALLEST) as pilot:
        line = WrappedLine()
        await pilot.browser.mount(line)
        line.show_parts(*map(Content, ["one two", "x" * 55, "three", "four"]))
        await pilot.wait_until(lambda: line.size.height == 3, "three rows")
        assert line.text.splitlines() == ["one two", "x" * 55, "three   four"]


@pytest.mark.slow
async def test_the_help_begins_with_the_keys_of_the_screen_that_it_is_opened_from(folder: Path) -> None:
    async with open_app(folder, SMALLEST, select=FIRST) as pilot:
        await pilot.wait_for_frame(32)
        await pilot.press("f", "question_mark")
        await pilot.wait_until(lambda: "│ Large picture " in pilot.screen_text.splitlines()[1], "its keys")


@pytest.mark.slow
async def test_the_first_line_ends_a_long_folder_with_its_last_names(tmp_path: Path) -> None:
    runs = tmp_path / ("a-long-name-" * 6) / "cats" / "runs"
    make_runs(runs)
    async with open_app(runs, (80, 24)) as pilot:
        await pilot.wait_until(lambda: "≡ riptui  …/cats/runs  " in pilot.screen_text.splitlines()[0], "its end")
        await pilot._pilot.resize_terminal(200, 24)
        await pilot.wait_until(lambda: "-long-name-/cats/runs  " in pilot.screen_text.splitlines()[0], "more of it")
