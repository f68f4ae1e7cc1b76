"""The tree's frame by keyboard and mouse: its width, and the filters that are kept."""

from pathlib import Path

import pytest
from textual.geometry import Offset

from riptui.settings.named_filters import named_filters
from riptui.settings.state import recall
from riptui.store import layout
from riptui.tui.dialogs import TextDialog
from riptui.tui.runs import filter_line
from riptui.tui.runs.filter_line import FilterLine
from riptui.tui.runs.tree_panel import MIN_COLUMNS, TreePanel
from riptui.tui.work_supervisor import WorkSupervisor
from tests.support.app_pilot import open_app
from tests.support.app_runs import FAILURE, queue_trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_its_border_can_be_dragged_and_clicks_mark(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in range(3):
        make_trajectory(f"g/t{seed}", seed=seed)
    async with open_app(runs, select="g/t0") as pilot:
        panel = pilot.browser.query_one(TreePanel)
        for to, width in ((60, 61), (2, MIN_COLUMNS), (139, 116)):
            border = Offset(panel.region.right - 1, 10)
            await pilot.drag(border, Offset(to, 10))
            await pilot.wait_until(lambda: panel.outer_size.width == width, f"{width} columns")  # noqa: B023  awaited
        await pilot.resize(80, 24)
        await pilot.wait_until(lambda: panel.outer_size.width == 56, "room for the rest")
        await pilot.resize(140, 40)
        await pilot.wait_until(lambda: panel.outer_size.width == 116, "the width that was chosen")
        await pilot.click("RunsTree", offset=(1, 2))  # the column of the marks
        assert list(pilot.tree.marked) == ["g/t1"]
        await pilot.click("RunsTree", offset=(8, 3), control=True)
        assert list(pilot.tree.marked) == ["g/t1", "g/t2"]
        await pilot.click("RunsTree", offset=(8, 1))
        pilot.tree.unmark_all()
        await pilot.click("RunsTree", offset=(8, 3), shift=True)
        assert list(pilot.tree.marked) == ["g/t0", "g/t1", "g/t2"]


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_filters_that_were_kept_come_back(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("g/t0")
    async with open_app(runs) as pilot:
        for text in ("mask:64", "seed:0", "mask:64"):
            await pilot.press("slash", *text, "enter", "escape")
            await pilot.wait_until(lambda: not pilot.browser.query(FilterLine), "no filter")
        assert recall(filter_line.STATE_KEY, list[str]) == ["mask:64", "seed:0"]
        await pilot.press("slash", "x", "up")
        line = pilot.browser.query_one(FilterLine)
        assert line.value == "mask:64"
        await pilot.press("up", "up")
        assert line.value == "seed:0"
        await pilot.press("down", "down", "down")
        assert line.value == "x"


@pytest.mark.slow
async def test_a_filter_gets_a_name_that_stands_for_it(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in (0, 1):
        make_trajectory(f"g/s{seed}", seed=seed)
    async with open_app(runs) as pilot:
        await pilot.press("slash", *"seed:1", "ctrl+s")
        await pilot.wait_for_dialog(TextDialog)
        await pilot.press(*"one", "enter")
        await pilot.wait_for_words("@one is now seed:1")
        await pilot.press("escape", "slash", *"@one", "enter")
        await pilot.wait_until(lambda: pilot.row_paths == ["g", "g/s1"])
        await pilot.press("escape", "colon", *"@o", "enter")
        await pilot.wait_until(lambda: pilot.browser.query_one(FilterLine).value == "@one")
        await pilot.press("slash", "ctrl+u", "ctrl+s")
        await pilot.wait_for_dialog(TextDialog)
        await pilot.press(*"one", "enter")
        await pilot.wait_for_words("@one is forgotten")
    assert named_filters() == {}


@pytest.mark.slow
async def test_the_names_of_the_columns_stay_above_them_with_and_without_a_scrollbar(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    for seed in range(9):
        make_trajectory(f"g/t{seed}", seed=seed)
    async with open_app(runs, (100, 12), select="g/t0") as pilot:

        def ends() -> tuple[int, int]:
            header, *rows = pilot.screen_text.splitlines()[2:6]
            return header.index("inpainted") + len("inpainted"), rows[-1].index("0 %") + len("0 %")

        await pilot.wait_until(lambda: len({*ends()}) == 1, "with a scrollbar")
        await pilot.press("h", "slash", *"t0", "enter", "g")
        await pilot.wait_until(lambda: len(pilot.row_paths) == 2, "two rows")
        await pilot.wait_until(lambda: "inpainted" in pilot.screen_text.splitlines()[3], "the header below the filter")
        await pilot.press("escape", "l")
        await pilot.wait_until(lambda: len(pilot.row_paths) == 10 and len({*ends()}) == 1, "all again")


@pytest.mark.slow
async def test_a_filter_that_nothing_matches_says_so_and_the_cursor_returns(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    for seed in range(3):
        make_trajectory(f"g/t{seed}", seed=seed)
    async with open_app(runs, select="g/t2") as pilot:
        await pilot.press("slash", *"zzz", "enter")
        await pilot.wait_until(lambda: "nothing matches this filter" in pilot.screen_text, "a word in the tree")
        assert not pilot.tree.rows
        await pilot.press("escape", "slash", *"lpips>0.4", "enter")
        await pilot.wait_until(lambda: "lpips is not measured here" in pilot.screen_text, "why")
        await pilot.press("escape")
        await pilot.wait_until(lambda: pilot.cursor == "g/t2", "where it was before")


@pytest.mark.slow
async def test_a_click_on_a_column_sorts_and_a_double_click_opens_a_group_once(runs: Path) -> None:
    for seed in range(2):
        list(run_trajectory(queue_trajectory(runs, f"g/t{seed}", metrics=("ssim",), seed=seed, mask=256, amount=100.0)))
    async with open_app(runs, select="g/t0") as pilot:
        await pilot.wait_until(lambda: "SSIM" in pilot.screen_text.splitlines()[2], "the columns")
        order = pilot.tree.model
        for name, expected in (("SSIM", "drift"), ("name", "name"), ("inpainted", "newest"), ("name", "name")):
            await pilot.click_text(name)
            await pilot.wait_until(lambda: order.order == expected, name)  # noqa: B023  awaited at once
        for rows in (["g"], ["g", "g/t0", "g/t1"]):
            await pilot._pilot.double_click("RunsTree", offset=(6, 0))
            await pilot.wait_until(lambda: pilot.row_paths == rows, f"{rows}")  # noqa: B023  awaited at once


@pytest.mark.slow
async def test_the_heading_of_a_failure_names_the_users_keys_and_a_click_does_what_they_do(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkSupervisor, "supervise", lambda *_: None)
    trajectory = make_trajectory("g/t0")
    (trajectory.path / layout.FAILED).write_bytes(FAILURE)
    async with open_app(runs, select="g/t0", keys={"compute.retry": "ctrl+r", "tabs.log": "8"}) as pilot:
        await pilot.click_text("8 log")
        await pilot.wait_until(lambda: pilot.view.tab == "log", "the log")
        await pilot.click_text("^r retry")
        await pilot.wait_until(lambda: not (trajectory.path / layout.FAILED).exists(), "the failure forgotten")
