"""Every key of the app's table, pressed; the help, the palette and the footer that come from the table."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.widgets import Checkbox, Input

from riptui.store.feature_file import save_features
from riptui.store.layout import LOG
from riptui.store.trajectory import Trajectory
from riptui.tui import bindings, commands
from riptui.tui.commands.export_dialog import ExportScreen
from riptui.tui.figure_dialog import FigureScreen
from riptui.tui.gallery.gallery_grid import GalleryGrid
from riptui.tui.gallery.gallery_screen import GalleryScreen
from riptui.tui.gallery.gallery_table import GalleryAxes
from riptui.tui.group.chart_options import SETS
from riptui.tui.group.compare import CompareScreen
from riptui.tui.group.table import GroupTable
from riptui.tui.help import HelpScreen
from riptui.tui.keymap import describe_binding
from riptui.tui.large.large_picture import LargePicture
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.large.map_process import MapProcess
from riptui.tui.picture_screens import open_gallery
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.y_axis import YView
from riptui.tui.settings_screen import SettingsScreen
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.difference import ComparisonMode
from riptui.tui.trajectory.tabs import TAB_NAMES
from riptui.tui.trajectory.text_tabs import TextPane
from riptui.tui.workers.workers_screen import WorkersScreen
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FIRST, make_runs, running
from tests.support.set_studies import GivenFeatures

LAST = 32  # iterations of the first trajectory; every 8 of them are 50 %
COMMANDS = ("compute", "do")
"""These keys begin commands, which have tests of their own."""

OWN_TESTS = ("rating", "nearest", "diversity", "workers", "log", "studies", "report")
"""Scopes whose keys are tested beside their screens."""

TABLE = {binding.id: binding for name, scope in bindings.SCOPES.items() if name not in OWN_TESTS for binding in scope}

Press = Callable[[AppPilot, str], Awaitable[None]]
PRESSED: dict[str, Press] = {}


def key(id: str) -> Callable[[Press], Press]:
    """The test of a key: it gets the app as `begin` left it and each of the keys in turn."""

    def add(press: Press) -> Press:
        PRESSED[id] = press
        return press

    return add


def group_of(binding: Binding) -> str:
    return str(binding.id).partition(".")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by many tests, written by none."""
    runs = tmp_path_factory.mktemp("app") / "runs"
    make_runs(runs)
    return runs


def test_every_key_of_the_table_is_tested() -> None:
    assert PRESSED.keys() == {id for id, binding in TABLE.items() if group_of(binding) not in COMMANDS}


@pytest.mark.slow
@pytest.mark.parametrize("group", [group for group in bindings.GROUPS if group not in (*COMMANDS, *OWN_TESTS, "rate")])
async def test_the_keys_of_a_group_do_what_the_table_says(group: str, folder: Path) -> None:
    """One app for all of them: it takes longer to start than to press a key."""
    async with open_app(folder) as pilot:
        for id, press in PRESSED.items():
            if group_of(TABLE[id]) == group:
                for one in TABLE[id].key.split(","):
                    await BEGIN.get(group, begin)(pilot)
                    await press(pilot, one)


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_the_keys_of_commands_begin_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, str]] = []

    async def carry_out(name: str, about: commands.CommandContext) -> None:
        begun.append((name, about.cursor_path))

    monkeypatch.setattr(commands, "run_command", carry_out)
    async with open_app(folder) as pilot:
        await begin(pilot)
        for binding in TABLE.values():
            if group_of(binding) in COMMANDS:
                for one in binding.key.split(","):
                    await pilot.press(one)
                    name = str(binding.action).removeprefix("do('").removesuffix("')")
                    await pilot.wait_until(lambda name=name: begun[-1:] == [(name, FIRST)], f"{one} begins {name}")
    assert {name for name, _ in begun} == commands.COMMANDS.keys() - {"demo"}  # a button of the first screen


async def begin(pilot: AppPilot) -> None:
    """In the tree, at the first trajectory, with nothing marked, and nothing said."""
    pilot.app.clear_notifications()
    pilot.tree.focus()
    pilot.tree.action_collapse_all()
    pilot.tree.select(FIRST)
    pilot.tree.unmark_all()


async def begin_at_the_newest_frame(pilot: AppPilot) -> None:
    """In the first of the tabs."""
    await begin(pilot)
    await pilot.wait_until(lambda: pilot.browser.shown_path == FIRST, FIRST)
    pilot.view.select_tab("chart")
    pilot.view.last()
    await pilot.wait_for_frame(LAST)


async def begin_in_the_table(pilot: AppPilot) -> None:
    """Of the first group: three rows, the cursor on the second."""
    pilot.tree.select("fig7/cat")
    await pilot.wait_until(lambda: pilot.browser.shown_path == "fig7/cat" and len(table(pilot).keys) == 3, "the table")
    await pilot.wait_until(lambda: table(pilot).size.height > 3, "its room")
    table(pilot).focus()
    await pilot.wait_until(lambda: pilot.app.focused is table(pilot), "the focus")
    table(pilot).sort_by(table(pilot).columns[0].name)
    table(pilot).cursor = 1


async def begin_in_the_comparison(pilot: AppPilot) -> None:
    """Of two, at their newest frames."""
    if isinstance(pilot.app.screen, CompareScreen):
        comparison(pilot).action_go(100_000)
    else:
        pilot.tree.marked.update(dict.fromkeys((FIRST, "fig7/cat/m64-s1")))
        pilot.browser.action_compare()
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
    await pilot.wait_until(lambda: comparison(pilot).inpainted == 200, "its frames")


async def begin_in_the_large_picture(pilot: AppPilot) -> None:
    """Of the first trajectory, at its newest frame, all of it."""
    if not isinstance(pilot.app.screen, LargeScreen):
        await begin_at_the_newest_frame(pilot)
        pilot.browser.action_large()
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
    large(pilot).action_fit()
    large(pilot).action_go(LAST)
    await pilot.wait_until(lambda: large(pilot).loaded and not large(pilot).busy, "its frame")


async def begin_in_the_gallery(pilot: AppPilot) -> None:
    """Of the first group, two mask sizes and two seeds, the cursor on the first picture."""
    if not isinstance(pilot.app.screen, GalleryScreen):
        open_gallery(pilot.browser, "fig7/cat")
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, GalleryScreen) and gallery(pilot).table.rows, "it")
    gallery(pilot).axes = GalleryAxes(by_seed=True)
    await gallery(pilot).action_step(100)
    await gallery(pilot).action_move(-9, -9)


BEGIN = {
    "frames": begin_at_the_newest_frame,
    "tabs": begin_at_the_newest_frame,
    "table": begin_in_the_table,
    "compare": begin_in_the_comparison,
    "large": begin_in_the_large_picture,
    "gallery": begin_in_the_gallery,
}
"""Where the keys of a group have something to do, if not in the tree."""


def table(pilot: AppPilot) -> GroupTable:
    return pilot.browser.query_one(GroupTable)


def large(pilot: AppPilot) -> LargeScreen:
    assert isinstance(pilot.app.screen, LargeScreen)
    return pilot.app.screen


def large_picture(pilot: AppPilot) -> LargePicture:
    return large(pilot).query_one(LargePicture)


def gallery(pilot: AppPilot) -> GalleryScreen:
    assert isinstance(pilot.app.screen, GalleryScreen)
    return pilot.app.screen


def grid(pilot: AppPilot) -> GalleryGrid:
    return gallery(pilot).query_one(GalleryGrid)


def comparison(pilot: AppPilot) -> CompareScreen:
    assert isinstance(pilot.app.screen, CompareScreen)
    return pilot.app.screen


# --- frames


@key("frames.play")
async def plays_from_the_start_and_pauses(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.view.cursor.playing and 0 < pilot.view.cursor.k < LAST, "frames that play")
    await pilot.press(key)
    await pilot.wait_until(lambda: not pilot.view.cursor.playing, "the pause")


@key("frames.back")
async def goes_one_frame_back(pilot: AppPilot, key: str) -> None:
    pilot.view.last()
    await pilot.press(key, key)
    await pilot.wait_for_frame(LAST - 2)


@key("frames.forward")
async def goes_one_frame_on(pilot: AppPilot, key: str) -> None:
    pilot.view.first()
    await pilot.press(key)
    await pilot.wait_for_frame(1)


@key("frames.back-half")
async def goes_to_the_measured_frame_before(pilot: AppPilot, key: str) -> None:
    pilot.view.go(17)
    await pilot.press(key)
    await pilot.wait_for_frame(16)


@key("frames.forward-half")
async def goes_to_the_next_measured_frame(pilot: AppPilot, key: str) -> None:
    pilot.view.go(17)
    await pilot.press(key)
    await pilot.wait_for_frame(24)


@key("frames.first")
async def goes_to_the_original(pilot: AppPilot, key: str) -> None:
    pilot.view.last()
    await pilot.press(key)
    await pilot.wait_for_frame(0)


@key("frames.last")
async def goes_to_the_newest(pilot: AppPilot, key: str) -> None:
    pilot.view.first()
    await pilot.press(key)
    await pilot.wait_for_frame(LAST)


@key("frames.slower")
async def plays_slower(pilot: AppPilot, key: str) -> None:
    before = pilot.view.cursor.speed
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.view.cursor.speed < before, "less speed")


@key("frames.faster")
async def plays_faster(pilot: AppPilot, key: str) -> None:
    before = pilot.view.cursor.speed
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.view.cursor.speed > before, "more speed")


@key("frames.large")
async def shows_it_large(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
    await pilot.press("escape")
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")


@key("frames.repaint")
async def says_where_the_mouse_must_be(pilot: AppPilot, key: str) -> None:
    """With pictures: tests/tui/trajectory/test_next_repaint.py."""
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.said == "point the mouse at a square of a picture first", "what to do")


@key("frames.comparison")
async def goes_through_the_comparisons(pilot: AppPilot, key: str) -> None:
    for expected in (ComparisonMode.HEAT, ComparisonMode.BLINK, ComparisonMode.SQUARE, ComparisonMode.DIFFERENCE):
        await pilot.press(key)
        await pilot.wait_until(lambda: pilot.view.comparison_mode is expected, str(expected))  # noqa: B023  awaited at once


# --- tabs


def tab(name: str) -> Press:
    async def opens_it(pilot: AppPilot, key: str) -> None:
        pilot.view.select_tab("log" if name != "log" else "chart")
        await pilot.press(key)
        await pilot.wait_until(lambda: pilot.view.tab == name, name)

    return opens_it


for name in TAB_NAMES:
    key(f"tabs.{name}")(tab(name))


@key("tabs.axis")
async def turns_the_axis_to_coverage_and_back(pilot: AppPilot, key: str) -> None:
    await pilot.wait_until(lambda: "inpainted %" in pilot.screen_text, "the chart")
    await pilot.press(key)
    await pilot.wait_until(lambda: "coverage %" in pilot.screen_text, "the other axis")
    await pilot.press(key)
    await pilot.wait_until(lambda: "inpainted %" in pilot.screen_text, "the axis again")


def y_view(pilot: AppPilot) -> YView:
    """Of the chart on the screen."""
    return pilot.app.screen.query(Chart).first().y_view


@key("tabs.all-metrics")
async def draws_each_metric_and_one_again(pilot: AppPilot, key: str) -> None:
    await pilot.wait_until(lambda: len(pilot.view.charts) == 1)
    await pilot.press(key)
    await pilot.wait_until(lambda: {chart.axis_labels[1] for chart in pilot.view.charts} == {"SSIM", "PSNR (dB)"})
    await pilot.press(key)
    await pilot.wait_until(lambda: len(pilot.view.charts) == 1)


@key("tabs.zoom-in")
async def zooms_into_the_chart(pilot: AppPilot, key: str) -> None:
    before = y_view(pilot).zoom
    await pilot.press(key)
    assert y_view(pilot).zoom == 2 * before


@key("tabs.zoom-out")
async def zooms_out_of_the_chart(pilot: AppPilot, key: str) -> None:
    await pilot.press("full_stop", "full_stop")
    before = y_view(pilot).zoom
    await pilot.press(key)
    assert y_view(pilot).zoom == before / 2


@key("tabs.log-axis")
async def makes_the_axis_logarithmic_and_linear_again(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: "SSIM · log" in pilot.screen_text)
    await pilot.press(key)
    await pilot.wait_until(lambda: "log" not in pilot.view.charts[0].render_line(0).text)


@key("tabs.metric")
async def draws_the_next_metric(pilot: AppPilot, key: str) -> None:
    drawn = pilot.view.metric
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.view.metric != drawn, "another metric")
    pilot.tree.select("fig7/cat")
    await pilot.wait_until(lambda: "SSIM ▸" in pilot.screen_text, "the group")
    await pilot.press(key)
    await pilot.wait_until(lambda: "PSNR ▸" in pilot.screen_text, "the other metric of the group")
    await pilot.press(key)
    await pilot.wait_until(lambda: "SSIM ▸" in pilot.screen_text, "and round")


@key("tabs.features")
async def compares_sets_by_other_features(pilot: AppPilot, key: str) -> None:
    group = [Trajectory(pilot.browser.runs / f"fig7/cat/{name}") for name in ("m64-s0", "m64-s1", "m128-s0")]
    for name in ("inception", "phash"):
        for one in group:
            vectors = {k: np.ones(2, np.float32) for k in one.spec.keyframe_iterations()}
            save_features(one, GivenFeatures(2, name=name), vectors)
    pilot.tree.select("fig7")
    assert pilot.browser.details is not None
    pilot.browser.details.group_view.select_view(SETS)
    await pilot.wait_until(lambda: "features inception (1 of 2)" in pilot.screen_text, "the first features")
    await pilot.press(key)
    await pilot.wait_until(lambda: "features phash (2 of 2)" in pilot.screen_text, "the next")


async def show_long_log(pilot: AppPilot) -> TextPane:
    (pilot.browser.runs / FIRST / LOG).write_text("a line\n" * 200)
    await pilot.press("6")
    pane = pilot.view.query_one("#log", TextPane)
    await pilot.wait_until(lambda: pane.max_scroll_y > 100, "more than there is room for")
    return pane


@key("tabs.scroll-down")
async def scrolls_the_log_down(pilot: AppPilot, key: str) -> None:
    pane = await show_long_log(pilot)
    await pilot.press(key)
    await pilot.wait_until(lambda: pane.scroll_y > 0, "what is below")


@key("tabs.scroll-up")
async def scrolls_the_log_up(pilot: AppPilot, key: str) -> None:
    pane = await show_long_log(pilot)
    pane.scroll_end(animate=False, immediate=True)
    await pilot.wait_until(lambda: pane.scroll_y == pane.max_scroll_y > 0, "the end")
    await pilot.press(key)
    await pilot.wait_until(lambda: 0 < pane.scroll_y < pane.max_scroll_y, "what is above")


@key("tabs.image")
async def shows_the_runs_of_an_image(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert pilot.browser.details is not None
    assert pilot.browser.details.current == "trajectory"
    pilot.tree.select("fig7")
    await pilot.wait_until(lambda: "4 trajectories" in pilot.screen_text, "the group")
    await pilot.press("3")
    await pilot.wait_until(lambda: "trajectories of picture.png" in pilot.screen_text, "the runs of the only image")
    await pilot.press(key)
    assert "trajectories of picture.png" in pilot.screen_text


# --- runs


@key("runs.mark")
async def marks_and_goes_on(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark")
    assert pilot.cursor == "fig7/cat/m64-s1"
    pilot.tree.select(FIRST)
    await pilot.press(key)
    await pilot.wait_until(lambda: not pilot.tree.marked, "the mark gone")


@key("runs.compare")
async def compares_what_is_marked(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert pilot.said == "mark 2 to 6 trajectories with m first, or go to a group of them (0 marked)"
    await pilot.press("m", "m", key)
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
    await pilot.press("escape")
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the browser again")


@key("runs.mark-range")
async def marks_all_rows_to_where_the_cursor_goes(pilot: AppPilot, key: str) -> None:
    left = pilot.browser.query_one("#left")
    await pilot.press(key, "j", "j", "k")
    await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST, "fig7/cat/m64-s1"], "the range")
    await pilot.wait_until(lambda: left.border_subtitle == "2 marked · V ends the range", "its number")
    await pilot.press(key, "j")
    assert len(pilot.tree.marked) == 2
    await pilot.press(key, "escape")
    assert list(pilot.tree.marked) == [FIRST, "fig7/cat/m64-s1"]


@key("runs.mark-all")
async def marks_all_that_the_filter_leaves(pilot: AppPilot, key: str) -> None:
    await pilot.press("slash", *"fig7", "enter", key)
    assert len(pilot.tree.marked) == 4
    await pilot.press("escape")
    await pilot.wait_until(lambda: pilot.browser.query_one("#left").border_subtitle == "4 marked", "the number")
    await pilot.press(key)
    assert len(pilot.tree.marked) == 7
    await pilot.press(key)
    assert not pilot.tree.marked


@key("runs.unmark")
async def forgets_the_marks(pilot: AppPilot, key: str) -> None:
    await pilot.press("m", "m")
    assert len(pilot.tree.marked) == 2
    await pilot.press(key)
    assert not pilot.tree.marked
    pilot.tree.select("fig7/cat")
    await pilot.press("m")
    assert len(pilot.tree.marked) == 3
    await pilot.press(key)


@key("runs.filter")
async def filters_what_is_typed_and_escape_ends_it(pilot: AppPilot, key: str) -> None:
    everything = pilot.row_paths
    await pilot.press(key, *"mask:128")
    await pilot.wait_until(lambda: pilot.row_paths == ["fig7", "fig7/cat", "fig7/cat/m128-s0"], "what is left")
    await pilot.press("enter")
    await pilot.wait_until(lambda: pilot.app.focused is pilot.tree, "the tree")
    assert pilot.browser.query_one("#filter", Input).display
    await pilot.press(key, "escape")
    await pilot.wait_until(lambda: pilot.row_paths == everything and pilot.app.focused is pilot.tree, "all again")
    assert not pilot.browser.query("#filter")


@key("runs.back")
async def takes_back_the_range_the_filter_and_the_marks(pilot: AppPilot, key: str) -> None:
    everything = pilot.row_paths
    await pilot.press("m", "V", "j", "slash", *"mask:128", "enter")
    await pilot.wait_until(lambda: len(pilot.row_paths) == 3, "what is left")
    await pilot.press(key)
    assert list(pilot.tree.marked) == [FIRST]
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.row_paths == everything, "all again")
    assert list(pilot.tree.marked) == [FIRST]
    await pilot.press(key)
    assert not pilot.tree.marked


@key("runs.sort")
async def orders_in_four_ways(pilot: AppPilot, key: str) -> None:
    left = pilot.browser.query_one("#left")
    for expected in (" by newest", " by drift", " by status", ""):
        await pilot.press(key)
        title = f"Trajectories{expected}"
        await pilot.wait_until(lambda: left.border_title == title, expected)  # noqa: B023  awaited at once
        await pilot.press("slash", "escape")
        assert (left.border_title, pilot.cursor) == (title, FIRST)


@key("runs.flat")
async def lists_all_in_one_order_and_in_groups_again(pilot: AppPilot, key: str) -> None:
    in_groups = pilot.row_paths
    await pilot.press(key)
    await pilot.wait_until(lambda: len(pilot.row_paths) == 7, "all trajectories and no group")
    assert pilot.cursor == FIRST
    pilot.tree.select("night/m64-s0")
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.row_paths[:-3] == in_groups, "the groups")
    assert pilot.cursor == "night/m64-s0"


def makes_the_tree_wider(by: int) -> Press:
    async def makes_it_wider(pilot: AppPilot, key: str) -> None:
        left = pilot.browser.query_one("#left")
        before = left.outer_size.width
        await pilot.press(key)
        await pilot.wait_until(lambda: left.outer_size.width == before + by, "the width")

    return makes_it_wider


key("runs.narrower")(makes_the_tree_wider(-4))
key("runs.wider")(makes_the_tree_wider(4))


@key("runs.hide")
async def hides_the_tree_whose_keys_still_work(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: "Trajectories" not in pilot.screen_text, "no tree")
    await pilot.press("j")
    assert pilot.cursor == "fig7/cat/m64-s1"
    await pilot.press(key)
    await pilot.wait_until(lambda: "Trajectories" in pilot.screen_text, "the tree")


@key("runs.go-to")
async def goes_anywhere(pilot: AppPilot, key: str) -> None:
    await pilot.wait_until(lambda: pilot.browser.shown_path == FIRST, FIRST)
    for text, k in (("51%", 9), ("k 7", 7), ("3", 3), ("9999", LAST)):
        await pilot.press(key, *text)
        await pilot.wait_until(lambda k=k: f"frame {k} " in pilot.screen_text, "what it means")
        await pilot.press("enter")
        await pilot.wait_for_frame(k)
    await pilot.press(key, *"m128", "enter")
    await pilot.wait_until(lambda: pilot.cursor == "fig7/cat/m128-s0", "the trajectory")
    await pilot.press(key, *"/seed:2", "enter")
    await pilot.wait_until(lambda: pilot.row_paths == ["night", "night/m64-s2"], "what the filter leaves")
    await pilot.press(key, *"cat", "enter")
    await pilot.wait_until(lambda: pilot.cursor == "fig7/cat", "what the filter had hidden")
    await pilot.press(key, *"runs: mark", "down", "up", "enter")
    await pilot.wait_until(lambda: len(pilot.tree.marked) == 3, "the command")


@key("runs.workers")
async def shows_the_workers_and_goes_back(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, WorkersScreen), "the screen")
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the browser again")


@key("runs.running")
async def jumps_to_what_is_computed(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert pilot.said == "no trajectory is running"
    with running(pilot.browser.runs, "night/m64-s1"), running(pilot.browser.runs, "night/m64-s2"):
        await pilot.wait_until(lambda: "● 2 running" in pilot.screen_text, "the running")
        for expected in ("night/m64-s1", "night/m64-s2", "night/m64-s1"):
            await pilot.press(key)
            assert pilot.cursor == expected


# --- the tree


def moves(start: str, end: str) -> Press:
    async def moves_the_cursor(pilot: AppPilot, key: str) -> None:
        pilot.tree.select("night/m64-s2")  # both groups are open
        pilot.tree.select(start)
        await pilot.press(key)
        await pilot.wait_until(lambda: pilot.cursor == end, end)

    return moves_the_cursor


key("tree.up")(moves(FIRST, "fig7/cat"))
key("tree.down")(moves(FIRST, "fig7/cat/m64-s1"))
key("tree.page-up")(moves("night/m64-s2", "fig7"))
key("tree.page-down")(moves("fig7", "night/m64-s2"))
key("tree.first")(moves("night/m64-s1", "fig7"))
key("tree.last")(moves("fig7/cat", "night/m64-s2"))
key("tree.leave")(moves(FIRST, "fig7/cat"))
key("tree.fold")(moves(FIRST, "fig7/cat"))


@key("tree.unfold")
async def opens_a_group_and_goes_into_it(pilot: AppPilot, key: str) -> None:
    pilot.tree.select("night")
    await pilot.press(key)
    await pilot.wait_until(lambda: "night/m64-s0" in pilot.row_paths, "the group open")
    assert pilot.cursor == "night"
    await pilot.press(key)
    assert pilot.cursor == "night/m64-s0"
    await pilot.press("h", "h")
    assert "night/m64-s0" not in pilot.row_paths
    assert pilot.cursor == "night"


@key("tree.toggle")
async def opens_and_closes_a_group(pilot: AppPilot, key: str) -> None:
    pilot.tree.select("night")
    await pilot.press(key)
    await pilot.wait_until(lambda: "night/m64-s0" in pilot.row_paths, "the group open")
    await pilot.press(key)
    await pilot.wait_until(lambda: "night/m64-s0" not in pilot.row_paths, "the group closed")


@key("tree.collapse-all")
async def closes_all_groups_and_stays_near(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.row_paths == ["fig7", "night"], "the groups alone")
    assert pilot.cursor == "fig7"


# --- the large picture


def steps_to(k: int, *, first: bool = False) -> Press:
    """The key shows frame k, from the newest or the first one."""

    async def press(pilot: AppPilot, key: str) -> None:
        if first:
            large(pilot).action_go(0)
        await pilot.press(key)
        assert large(pilot).cursor.k == k

    return press


for id, k, first in (
    ("back", LAST - 1, False),
    ("forward", 1, True),
    ("back-half", LAST - 8, False),
    ("forward-half", 8, True),
    ("first", 0, False),
    ("last", LAST, True),
):
    key(f"large.{id}")(steps_to(k, first=first))


@key("large.play")
async def plays_it_large(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert large(pilot).cursor.playing
    await pilot.press(key)
    assert not large(pilot).cursor.playing


@key("large.slower")
async def plays_it_slower(pilot: AppPilot, key: str) -> None:
    before = large(pilot).cursor.speed
    await pilot.press(key)
    assert large(pilot).cursor.speed < before


@key("large.faster")
async def plays_it_faster(pilot: AppPilot, key: str) -> None:
    before = large(pilot).cursor.speed
    await pilot.press(key)
    assert large(pilot).cursor.speed > before


@key("large.next")
async def shows_the_next_trajectory(pilot: AppPilot, key: str) -> None:
    before = large(pilot).path
    await pilot.press(key)
    assert large(pilot).path != before
    large(pilot).action_open_other(-1)
    await pilot.wait_until(lambda: not large(pilot).busy, "it")


@key("large.previous")
async def shows_the_trajectory_before(pilot: AppPilot, key: str) -> None:
    before = large(pilot).path
    large(pilot).action_open_other(1)
    await pilot.press(key)
    assert large(pilot).path == before


@key("large.zoom-in")
async def zooms_in(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert large_picture(pilot).zoom_label != "fit"


@key("large.zoom-out")
async def zooms_out_again(pilot: AppPilot, key: str) -> None:
    large(pilot).action_zoom(1)
    await pilot.press(key)
    assert large_picture(pilot).zoom_label == "fit"


@key("large.fit")
async def shows_all_of_it(pilot: AppPilot, key: str) -> None:
    large(pilot).action_zoom(3)
    await pilot.press(key)
    assert large_picture(pilot).fits


def pans_by(x: int, y: int) -> Press:
    async def press(pilot: AppPilot, key: str) -> None:
        large(pilot).action_zoom(3)
        before = large_picture(pilot).part
        await pilot.press(key)
        after = large_picture(pilot).part
        assert before
        assert after
        assert ((after.left > before.left) - (after.left < before.left)) == x
        assert ((after.top > before.top) - (after.top < before.top)) == y

    return press


for id, x, y in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)):
    key(f"large.{id}")(pans_by(x, y))


@key("large.blink")
async def blinks(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert large(pilot).blinking
    await pilot.press(key)
    assert not large(pilot).blinking


@key("large.view")
async def shows_the_difference(pilot: AppPilot, key: str) -> None:
    before = large(pilot).view.kind
    await pilot.press(key)
    assert large(pilot).view.kind != before


@key("large.map")
async def shows_a_map(pilot: AppPilot, key: str) -> None:
    large(pilot)._map.names = ["delta-e"]  # of those that can be measured here
    with patch.object(MapProcess, "measure", lambda _, metric, original, frame: np.zeros(frame.shape[:2])):
        await pilot.press(key)
        assert large(pilot).view.map == "delta-e"
        await pilot.wait_until(lambda: "max .000" in large(pilot).query_one(TextLine).text, "the map")
    await pilot.press(key)
    assert not large(pilot).view.map


@key("large.more")
async def amplifies_more(pilot: AppPilot, key: str) -> None:
    large(pilot).action_gain(-9)
    await pilot.press(key)
    assert large(pilot).view.gain == 2


@key("large.less")
async def amplifies_less(pilot: AppPilot, key: str) -> None:
    large(pilot).action_gain(9)
    await pilot.press(key)
    assert large(pilot).view.gain == 4


@key("large.square")
async def outlines_the_square(pilot: AppPilot, key: str) -> None:
    before = large(pilot).view.outlined
    await pilot.press(key)
    assert large(pilot).view.outlined != before


@key("large.export")
async def offers_to_write_the_frame(pilot: AppPilot, key: str) -> None:
    k = large(pilot).cursor.k
    await pilot.press(key)
    dialog = await pilot.wait_for_dialog(ExportScreen)
    box = dialog.query_one("#png", Checkbox)
    assert box.value
    assert f"frame {k}" in str(box.label)
    await pilot.press("escape")
    await pilot.wait_for_dialog(LargeScreen)


@key("large.close")
async def goes_back_from_the_large_picture(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")
    assert pilot.cursor == FIRST


# --- the gallery


def moves_to(cell: tuple[int, int], *, start: tuple[int, int] = (0, 0)) -> Press:
    async def press(pilot: AppPilot, key: str) -> None:
        await gallery(pilot).action_move(*start)
        await pilot.press(key)
        await pilot.wait_until(lambda: grid(pilot).cursor == cell, f"{cell}")

    return press


for id, start, cell in (
    ("left", (0, 1), (0, 0)),
    ("right", (0, 0), (0, 1)),
    ("up", (1, 0), (0, 0)),
    ("down", (0, 0), (1, 0)),
    ("page-up", (1, 0), (0, 0)),
    ("page-down", (0, 0), (1, 0)),
    ("first", (1, 1), (0, 0)),
    ("last", (0, 0), (1, 1)),
):
    key(f"gallery.{id}")(moves_to(cell, start=start))


@key("gallery.open")
async def opens_the_picture_of_the_cursor(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
    await pilot.press("escape")
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, GalleryScreen), "the gallery")


@key("gallery.export")
async def offers_to_write_the_sheet(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    dialog = await pilot.wait_for_dialog(FigureScreen)
    await pilot.wait_until(lambda: "riptui sheet" in pilot.text_of("#command"))
    assert dialog.query_one("#name", Input).value.endswith("-sheet")
    await pilot.press("escape")
    await pilot.wait_for_dialog(GalleryScreen)


@key("gallery.rows")
async def gives_each_picture_a_row(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: len(gallery(pilot).table.rows) == 1, "one row")


@key("gallery.columns")
async def shows_every_50_per_cent(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: gallery(pilot).table.column_kind == "percent", "the columns")


@key("gallery.back")
async def shows_the_pictures_50_per_cent_before(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: gallery(pilot).inpainted == 150, "them")


@key("gallery.forward")
async def shows_the_pictures_50_per_cent_later(pilot: AppPilot, key: str) -> None:
    await gallery(pilot).action_step(-2)
    await pilot.press(key)
    await pilot.wait_until(lambda: gallery(pilot).inpainted == 150, "them")


@key("gallery.metric")
async def writes_the_next_metric_below(pilot: AppPilot, key: str) -> None:
    before = gallery(pilot).metric
    await pilot.press(key)
    await pilot.wait_until(lambda: gallery(pilot).metric != before, "another")


@key("gallery.larger")
async def shows_larger_pictures(pilot: AppPilot, key: str) -> None:
    await gallery(pilot).action_enlarge(-4)
    before = grid(pilot).picture_rows
    await pilot.press(key)
    await pilot.wait_until(lambda: grid(pilot).picture_rows > before, "them")


@key("gallery.smaller")
async def shows_smaller_pictures(pilot: AppPilot, key: str) -> None:
    before = grid(pilot).picture_rows
    await pilot.press(key)
    await pilot.wait_until(lambda: grid(pilot).picture_rows < before, "them")


@key("gallery.close")
async def leaves_the_gallery(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")


# --- the table of a group


def in_the_table(start: int, end: int) -> Press:
    async def moves_the_cursor(pilot: AppPilot, key: str) -> None:
        table(pilot).cursor = start
        await pilot.press(key)
        assert table(pilot).cursor == end

    return moves_the_cursor


key("table.up")(in_the_table(1, 0))
key("table.down")(in_the_table(1, 2))
key("table.page-up")(in_the_table(2, 0))
key("table.page-down")(in_the_table(0, 2))
key("table.first")(in_the_table(2, 0))
key("table.last")(in_the_table(0, 2))


@key("table.sort")
async def sorts_by_the_next_column(pilot: AppPilot, key: str) -> None:
    names = [column.name for column in table(pilot).columns]
    for expected in [*names[1:], names[0]]:
        await pilot.press(key)
        assert table(pilot).sort_column == expected


@key("table.reverse")
async def turns_the_order_round(pilot: AppPilot, key: str) -> None:
    before = table(pilot).keys
    await pilot.press(key)
    assert table(pilot).keys == before[::-1]


@key("table.choose")
async def goes_to_the_trajectory_of_the_row(pilot: AppPilot, key: str) -> None:
    chosen = table(pilot).current
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.focused is pilot.tree, "the tree")
    assert str(pilot.browser.runs / pilot.cursor) == chosen


# --- the comparison


def in_the_comparison(end: float) -> Press:
    """From 100 %."""

    async def turns_the_frames(pilot: AppPilot, key: str) -> None:
        comparison(pilot).action_go(16)
        await pilot.press(key)
        assert comparison(pilot).inpainted == end

    return turns_the_frames


key("compare.back")(in_the_comparison(100 - 100 / 16))
key("compare.forward")(in_the_comparison(100 + 100 / 16))
key("compare.back-half")(in_the_comparison(50))
key("compare.forward-half")(in_the_comparison(150))
key("compare.first")(in_the_comparison(0))
key("compare.last")(in_the_comparison(200))


@key("compare.play")
async def plays_them_all(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert comparison(pilot).position.playing
    await pilot.press(key)
    assert not comparison(pilot).position.playing


@key("compare.slower")
async def plays_them_slower(pilot: AppPilot, key: str) -> None:
    before = comparison(pilot).position.speed
    await pilot.press(key)
    assert comparison(pilot).position.speed < before


@key("compare.faster")
async def plays_them_faster(pilot: AppPilot, key: str) -> None:
    before = comparison(pilot).position.speed
    await pilot.press(key)
    assert comparison(pilot).position.speed > before


@key("compare.difference")
async def shows_differences_to_the_first(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: "difference to the first" in pilot.screen_text, "them")
    comparison(pilot).action_difference()


@key("compare.blink")
async def blinks_in_one_place(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert comparison(pilot).blinking
    await pilot.press(key)
    assert not comparison(pilot).blinking


@key("compare.large")
async def shows_one_of_them_large(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
    await pilot.press("escape")
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")


@key("compare.export")
async def offers_to_write_the_chart_of_them(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_for_dialog(FigureScreen)
    await pilot.wait_until(lambda: "--view each" in pilot.text_of("#command"))
    await pilot.press("escape")
    await pilot.wait_for_dialog(CompareScreen)


@key("compare.metric")
async def draws_the_next_metric_of_them(pilot: AppPilot, key: str) -> None:
    await pilot.wait_until(lambda: "SSIM" in pilot.screen_text, "a metric")
    drawn = comparison(pilot).metric
    await pilot.press(key)
    assert comparison(pilot).metric != drawn


@key("compare.axis")
async def turns_the_axis_of_the_comparison(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: "coverage %" in pilot.screen_text, "the other axis")


@key("compare.all-metrics")
async def draws_each_metric_of_them_and_one_again(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: len(comparison(pilot).charts.charts) == 2)
    await pilot.press(key)
    await pilot.wait_until(lambda: len(comparison(pilot).charts.charts) == 1)


@key("compare.zoom-in")
async def zooms_in_on_them(pilot: AppPilot, key: str) -> None:
    before = y_view(pilot).zoom
    await pilot.press(key)
    assert y_view(pilot).zoom == 2 * before


@key("compare.zoom-out")
async def zooms_out_of_them(pilot: AppPilot, key: str) -> None:
    before = y_view(pilot).zoom
    await pilot.press("full_stop", key)
    assert y_view(pilot).zoom == before


@key("compare.log-axis")
async def makes_their_axis_logarithmic(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    assert y_view(pilot).log


@key("compare.close")
async def goes_back_to_the_tree(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the browser")


# --- the app


@key("app.graphics")
async def goes_through_the_ways_to_show_pictures(pilot: AppPilot, key: str) -> None:
    assert "pictures are off" in pilot.screen_text
    await pilot.press(key)
    await pilot.wait_until(lambda: "▀" in pilot.screen_text, "half blocks")
    assert pilot.said == "pictures: half blocks (switched by you; detected off: a test)"
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.graphics.protocol == "off", "none")


@key("app.redraw")
async def _redraws(pilot: AppPilot, key: str) -> None:
    """Also in a dialog. What is sent is tested by test_redraw."""
    redrawn: list[object] = []
    pilot.app.app_resume_signal.subscribe(pilot.browser, lambda _: redrawn.append(1))
    await pilot.press("question_mark")
    await pilot.wait_for_dialog(HelpScreen)
    await pilot.press(key)
    await pilot.wait_until(lambda: redrawn, "it")
    await pilot.press("escape")
    pilot.app.app_resume_signal.unsubscribe(pilot.browser)


@key("app.settings")
async def shows_the_settings(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_for_dialog(SettingsScreen)
    await pilot.press("escape")
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser)


@key("app.help")
async def shows_the_help_and_goes_back(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, HelpScreen), "the help")
    await pilot.press(key)
    await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the browser again")


@key("app.suspend")
async def does_nothing_where_there_is_no_terminal(pilot: AppPilot, key: str) -> None:
    """With one: test_app_tough."""
    await pilot.press(key)
    assert pilot.app.is_running
    assert pilot.app.screen is pilot.browser


@key("app.quit")
async def leaves_when_pressed_twice(pilot: AppPilot, key: str) -> None:
    await pilot.press(key)
    await pilot.wait_until(lambda: "once more to quit" in pilot.screen_text, "the line that says so")
    assert pilot.app.is_running
    await pilot.press(key)
    assert pilot.app.return_code == 0


# --- what the table is for


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "scopes"),
    [
        (begin, ("tree", "browser", "app")),
        (begin_in_the_table, ("table", "browser", "app")),
        (begin_in_the_comparison, ("compare", "app")),
    ],
)
async def test_the_help_shows_every_binding_that_holds_there(
    where: Callable[[AppPilot], Awaitable[None]],
    scopes: tuple[str, ...],
    folder: Path,  # nearest first
) -> None:
    async with open_app(folder, (140, 100)) as pilot:
        await where(pilot)
        await pilot.press("question_mark")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, HelpScreen), "the help")
        rows = pilot.screen_text
        taken: set[str] = set()
        for scope in scopes:
            for binding in bindings.SCOPES[scope]:
                text = describe_binding(pilot.app, binding)
                assert (text in rows) == bool(set(binding.key.split(",")) - taken), binding.id
            taken |= {key for binding in bindings.SCOPES[scope] for key in binding.key.split(",")}
        assert "Graphics: off: a test" in rows


@pytest.mark.slow
async def test_the_palette_lists_what_can_be_done_now_once(folder: Path) -> None:
    async with open_app(folder) as pilot:

        def titles() -> list[str]:
            return [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]

        assert len(titles()) == len(set(titles()))
        possible = {"Frames: Play", "Tabs: Log", "Runs: Mark", "Actions: Export", "Compute: New", "Tree: Down"}
        done = {"Compute: Stop", "Compute: Retry", "Runs: Compare", "Runs: Back", "Runs: Next running"}
        assert possible <= {*titles()}
        assert not {*titles()} & done
        commands = {command.title: command for command in pilot.app.get_system_commands(pilot.app.screen)}
        await commands["Runs: Mark"].callback()
        await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark")
        await pilot.press("m")
        assert {"Runs: Compare", "Runs: Back", "Runs: Unmark all"} <= {*titles()}
        pilot.tree.unmark_all()
        pilot.tree.select("fig7/dog/m64-s0")
        assert "Compute: Retry" in titles()
        pilot.tree.select("night")
        await pilot.wait_until(lambda: pilot.browser.shown_path == "night", "the group")
        assert {"Tabs: Image", "Compute: Stop", "Compute: Earlier"} <= {*titles()}
        assert {"Tabs: Log", "Tabs: Spectrum", "Frames: Frame"} <= {*titles()}  # gallery, sets and crosshair
        assert "Frames: Play" not in titles()


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_the_palette_opens_and_runs_what_is_typed(folder: Path) -> None:
    async with open_app(folder) as pilot:
        pilot.tree.mark(FIRST)
        await pilot.press("ctrl+p", *"unmark all")
        await pilot.wait_until(lambda: "Runs: Unmark all" in pilot.screen_text, "the command")
        await pilot.press("enter", "enter")
        await pilot.wait_until(lambda: not pilot.tree.marked, "the marks gone")


@pytest.mark.slow
async def test_a_click_in_the_palette_runs_what_is_there(folder: Path) -> None:
    async with open_app(folder) as pilot:
        pilot.tree.mark(FIRST)
        await pilot.press("ctrl+p", *"unmark all")
        await pilot.click_text("Runs: Unmark all")
        await pilot.wait_until(lambda: not pilot.tree.marked, "the marks gone")


@pytest.mark.slow
@pytest.mark.parametrize("way", [["≡ riptui"], ["? Help", "ctrl+p find"]])
async def test_the_palette_is_opened_by_clicks(folder: Path, way: list[str]) -> None:
    async with open_app(folder, (80, 24)) as pilot:
        pilot.tree.mark(FIRST)
        for text in way:
            await pilot.click_text(text)
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, CommandPalette), "the palette")
        await pilot.press(*"unmark all")
        await pilot.click_text("Runs: Unmark all")
        await pilot.wait_until(lambda: not pilot.tree.marked, "the marks gone")


@pytest.mark.slow
async def test_a_click_on_the_last_tab_of_a_group_opens_its_gallery(folder: Path) -> None:
    async with open_app(folder, select="fig7/cat") as pilot:
        await pilot.click_text("Gallery")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, GalleryScreen), "the gallery")
        await pilot.click_text("L 50 %")
        await pilot.click_text("esc Close")
        await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the group")


def footer(pilot: AppPilot) -> str:
    return pilot.screen_text.splitlines()[-1].strip()


@pytest.mark.slow
async def test_the_last_line_shows_the_keys_of_the_table_that_are_used_most(folder: Path) -> None:
    async with open_app(folder) as pilot:
        used = [binding for binding in [*bindings.BROWSER, *bindings.APP] if binding.show]
        shown = "  ".join(f"{binding.key_display} {binding.description}" for binding in used)
        await pilot.wait_until(lambda: footer(pilot) == shown, "the keys")


@pytest.mark.slow
async def test_while_a_filter_is_typed_the_last_line_shows_no_key_that_is_a_character(folder: Path) -> None:
    async with open_app(folder) as pilot:
        await pilot.press("slash")
        await pilot.wait_until(lambda: footer(pilot) == "↑ Earlier  enter Keep  esc Clear  ^s Name", "its keys")
        await pilot.press("escape")
        await pilot.wait_until(lambda: footer(pilot).startswith("n New"), "the usual keys")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_where_there_is_little_room_help_and_quit_stay(size: tuple[int, int], folder: Path) -> None:
    async with open_app(folder, size) as pilot:
        await pilot.wait_until(lambda: footer(pilot).startswith("n New  space Play"), "the first keys")
        assert footer(pilot).endswith("? Help  q Quit")


@pytest.mark.slow
async def test_a_click_on_a_key_presses_it(folder: Path) -> None:
    async with open_app(folder) as pilot:
        await pilot.wait_until(lambda: "Mark" in footer(pilot), "the keys")
        await pilot.click(offset=(pilot.screen_text.splitlines()[-1].index("Mark"), 39))
        await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark")


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_the_users_keys_replace_the_tables_and_the_help_follows(folder: Path) -> None:
    keys = {"runs.mark": "ctrl+o", "app.quit": "Q", "tree.down": "down,t", "no.such": "x"}
    async with open_app(folder, (140, 60), keys=keys) as pilot:
        assert len([toast for toast in pilot.toasts if "unknown id 'no.such'" in toast]) == 1
        await pilot.press("m", "q")
        assert not pilot.tree.marked
        await pilot.press("ctrl+o")
        await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST], "the mark")
        await pilot.press("ctrl+home", "t")
        await pilot.wait_until(lambda: pilot.cursor == "fig7/cat", "the next row")
        await pilot.press("question_mark")
        await pilot.wait_until(lambda: "Mark a trajectory" in pilot.screen_text, "the help")
        assert "^o" in pilot.screen_text
        await pilot.press("escape", "Q", "Q")
        assert pilot.app.return_code == 0
