"""Every key of the app's table, pressed; the help, the palette and the footer that come from the table."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.widgets import Input

from riptui.settings import Settings
from riptui.tui import bindings, commands
from riptui.tui.group.compare import CompareScreen
from riptui.tui.group.table import GroupTable
from riptui.tui.help import HelpScreen
from riptui.tui.trajectory.difference import ComparisonMode
from tests.support.opened import FIRST, Opened, computing, make_runs, opened

LAST = 32  # iterations of the first trajectory; every 8 of them are 50 %
COMMANDS = ("compute", "do")
"""These keys begin commands, which have tests of their own."""

TABLE = {binding.id: binding for scope in bindings.SCOPES.values() for binding in scope}

Press = Callable[[Opened, str], Awaitable[None]]
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


@pytest.mark.parametrize("group", [group for group in bindings.GROUPS if group not in COMMANDS])
async def test_the_keys_of_a_group_do_what_the_table_says(group: str, folder: Path) -> None:
    """One app for all of them: it takes longer to start than to press a key."""
    async with opened(folder) as at:
        for id, press in PRESSED.items():
            if group_of(TABLE[id]) == group:
                for one in TABLE[id].key.split(","):
                    await BEGIN.get(group, begin)(at)
                    await press(at, one)


async def test_the_keys_of_commands_begin_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, str]] = []

    async def carry_out(name: str, about: commands.CommandContext) -> None:
        begun.append((name, about.cursor_path))

    monkeypatch.setattr(commands, "run_command", carry_out)
    async with opened(folder) as at:
        await begin(at)
        for binding in TABLE.values():
            if group_of(binding) in COMMANDS:
                for one in binding.key.split(","):
                    await at.press(one)
                    name = str(binding.action).removeprefix("do('").removesuffix("')")
                    await at.until(lambda name=name: begun[-1:] == [(name, FIRST)], f"{one} begins {name}")
    assert {name for name, _ in begun} == commands.COMMAND_MODULES.keys() - {"demo"}  # a button of the first screen


async def begin(at: Opened) -> None:
    """In the tree, at the first trajectory, with nothing marked, and nothing said."""
    at.app.clear_notifications()
    at.tree.focus()
    at.tree.action_collapse_all()
    at.tree.select(FIRST)
    at.tree.marked.clear()


async def begin_at_the_newest_frame(at: Opened) -> None:
    """In the first of the tabs."""
    await begin(at)
    await at.until(lambda: at.browser._shown_path == FIRST, FIRST)
    at.view.select_tab("chart")
    at.view.last()
    await at.shown(LAST)


async def begin_in_the_table(at: Opened) -> None:
    """Of the first group: three rows, the cursor on the second."""
    at.tree.select("fig7/cat")
    await at.until(lambda: at.browser._shown_path == "fig7/cat" and len(table(at).keys) == 3, "the table")
    await at.until(lambda: table(at).size.height > 3, "its room")
    table(at).focus()
    await at.until(lambda: at.app.focused is table(at), "the focus")
    table(at).sort_by(table(at)._columns[0].name)
    table(at).cursor = 1


async def begin_in_the_comparison(at: Opened) -> None:
    """Of two, at their newest frames."""
    if isinstance(at.app.screen, CompareScreen):
        comparison(at).action_go(1000)
    else:
        at.tree.marked.update(dict.fromkeys((FIRST, "fig7/cat/m64-s1")))
        at.browser.action_compare()
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "the comparison")
    await at.until(lambda: comparison(at).inpainted == 200, "its frames")


BEGIN = {
    "frames": begin_at_the_newest_frame,
    "tabs": begin_at_the_newest_frame,
    "table": begin_in_the_table,
    "compare": begin_in_the_comparison,
}
"""Where the keys of a group have something to do, if not in the tree."""


def table(at: Opened) -> GroupTable:
    return at.browser.query_one(GroupTable)


def comparison(at: Opened) -> CompareScreen:
    assert isinstance(at.app.screen, CompareScreen)
    return at.app.screen


# --- frames


@key("frames.play")
async def plays_from_the_start_and_pauses(at: Opened, key: str) -> None:
    await at.press(key)
    await at.until(lambda: at.view._player.playing and 0 < at.view.k < LAST, "frames that play")
    await at.press(key)
    await at.until(lambda: not at.view._player.playing, "the pause")


@key("frames.back")
async def goes_one_frame_back(at: Opened, key: str) -> None:
    at.view.last()
    await at.press(key, key)
    await at.shown(LAST - 2)


@key("frames.forward")
async def goes_one_frame_on(at: Opened, key: str) -> None:
    at.view.first()
    await at.press(key)
    await at.shown(1)


@key("frames.back-half")
async def goes_to_the_measured_frame_before(at: Opened, key: str) -> None:
    at.view.go(17)
    await at.press(key)
    await at.shown(16)


@key("frames.forward-half")
async def goes_to_the_next_measured_frame(at: Opened, key: str) -> None:
    at.view.go(17)
    await at.press(key)
    await at.shown(24)


@key("frames.first")
async def goes_to_the_original(at: Opened, key: str) -> None:
    at.view.last()
    await at.press(key)
    await at.shown(0)


@key("frames.last")
async def goes_to_the_newest(at: Opened, key: str) -> None:
    at.view.first()
    await at.press(key)
    await at.shown(LAST)


@key("frames.slower")
async def plays_slower(at: Opened, key: str) -> None:
    before = at.view._player.speed
    await at.press(key)
    await at.until(lambda: at.view._player.speed < before, "less speed")


@key("frames.faster")
async def plays_faster(at: Opened, key: str) -> None:
    before = at.view._player.speed
    await at.press(key)
    await at.until(lambda: at.view._player.speed > before, "more speed")


@key("frames.comparison")
async def goes_through_the_comparisons(at: Opened, key: str) -> None:
    for expected in (ComparisonMode.HEAT, ComparisonMode.BLINK, ComparisonMode.SQUARE, ComparisonMode.DIFFERENCE):
        await at.press(key)
        await at.until(lambda: at.view._comparison_mode is expected, str(expected))  # noqa: B023  awaited at once


# --- tabs


def tab(name: str) -> Press:
    async def opens_it(at: Opened, key: str) -> None:
        at.view.select_tab("log" if name != "log" else "chart")
        await at.press(key)
        await at.until(lambda: at.view.pane == name, name)

    return opens_it


for name in ("chart", "filmstrip", "masks", "spec", "log"):
    key(f"tabs.{name}")(tab(name))


@key("tabs.axis")
async def turns_the_axis_to_coverage_and_back(at: Opened, key: str) -> None:
    await at.until(lambda: "inpainted %" in at.text, "the chart")
    await at.press(key)
    await at.until(lambda: "coverage %" in at.text, "the other axis")
    await at.press(key)
    await at.until(lambda: "inpainted %" in at.text, "the axis again")


@key("tabs.metric")
async def draws_the_next_metric(at: Opened, key: str) -> None:
    drawn = at.view._panes.metric
    await at.press(key)
    await at.until(lambda: at.view._panes.metric != drawn, "another metric")
    at.tree.select("fig7/cat")
    await at.until(lambda: "SSIM ▸" in at.text, "the group")
    await at.press(key)
    await at.until(lambda: "PSNR ▸" in at.text, "the other metric of the group")
    await at.press(key)
    await at.until(lambda: "SSIM ▸" in at.text, "and round")


@key("tabs.image")
async def shows_the_runs_of_an_image(at: Opened, key: str) -> None:
    await at.press(key)
    assert at.browser.details is not None
    assert at.browser.details.current == "trajectory"
    at.tree.select("fig7")
    await at.until(lambda: "4 trajectories" in at.text, "the group")
    await at.press("3")
    await at.until(lambda: "runs of picture.png" in at.text, "the runs of the only image")
    await at.press(key)
    assert "runs of picture.png" in at.text


# --- runs


@key("runs.mark")
async def marks_and_goes_on(at: Opened, key: str) -> None:
    await at.press(key)
    await at.until(lambda: list(at.tree.marked) == [FIRST], "the mark")
    assert at.here == "fig7/cat/m64-s1"
    at.tree.select(FIRST)
    await at.press(key)
    await at.until(lambda: not at.tree.marked, "the mark gone")


@key("runs.compare")
async def compares_what_is_marked(at: Opened, key: str) -> None:
    await at.press(key)
    assert at.toasts == ["mark 2 to 6 trajectories with m; 0 are marked"]
    await at.press("m", "m", key)
    await at.until(lambda: isinstance(at.app.screen, CompareScreen), "the comparison")
    await at.press("escape")
    await at.until(lambda: at.app.screen is at.browser, "the browser again")


@key("runs.unmark")
async def forgets_the_marks(at: Opened, key: str) -> None:
    await at.press("m", "m")
    assert len(at.tree.marked) == 2
    await at.press(key)
    assert not at.tree.marked


@key("runs.filter")
async def filters_what_is_typed_and_escape_ends_it(at: Opened, key: str) -> None:
    everything = at.lines
    await at.press(key, *"mask:128")
    await at.until(lambda: at.lines == ["fig7", "fig7/cat", "fig7/cat/m128-s0"], "what is left")
    await at.press("enter")
    await at.until(lambda: at.app.focused is at.tree, "the tree")
    assert at.browser.query_one("#filter", Input).display
    await at.press(key, "escape")
    await at.until(lambda: at.lines == everything and at.app.focused is at.tree, "all again")
    assert not at.browser.query("#filter")


@key("runs.close-filter")
async def shows_everything_again(at: Opened, key: str) -> None:
    everything = at.lines
    await at.press("slash", *"mask:128", "enter")
    await at.until(lambda: len(at.lines) == 3, "what is left")
    await at.press(key)
    await at.until(lambda: at.lines == everything, "all again")
    await at.press(key)
    assert at.lines == everything


@key("runs.sort")
async def orders_in_four_ways(at: Opened, key: str) -> None:
    left = at.browser.query_one("#left")
    for expected in ("by newest", "by distance", "by status", ""):
        await at.press(key)
        await at.until(lambda: left.border_subtitle == expected, expected)  # noqa: B023  awaited at once
        await at.press("slash", "escape")
        assert left.border_subtitle == expected


@key("runs.running")
async def jumps_to_what_is_computed(at: Opened, key: str) -> None:
    await at.press(key)
    assert at.toasts == ["nothing is being computed"]
    with computing(at.browser.runs, "night/m64-s1"), computing(at.browser.runs, "night/m64-s2"):
        await at.until(lambda: "● 2 running" in at.text, "the running")
        for expected in ("night/m64-s1", "night/m64-s2", "night/m64-s1"):
            await at.press(key)
            assert at.here == expected


# --- the tree


def moves(start: str, end: str) -> Press:
    async def moves_the_cursor(at: Opened, key: str) -> None:
        at.tree.select("night/m64-s2")  # both groups are open
        at.tree.select(start)
        await at.press(key)
        await at.until(lambda: at.here == end, end)

    return moves_the_cursor


key("tree.up")(moves(FIRST, "fig7/cat"))
key("tree.down")(moves(FIRST, "fig7/cat/m64-s1"))
key("tree.page-up")(moves("night/m64-s2", "fig7"))
key("tree.page-down")(moves("fig7", "night/m64-s2"))
key("tree.first")(moves("night/m64-s1", "fig7"))
key("tree.last")(moves("fig7/cat", "night/m64-s2"))
key("tree.leave")(moves(FIRST, "fig7/cat"))


@key("tree.toggle")
async def opens_and_closes_a_group(at: Opened, key: str) -> None:
    at.tree.select("night")
    await at.press(key)
    await at.until(lambda: "night/m64-s0" in at.lines, "the group open")
    await at.press(key)
    await at.until(lambda: "night/m64-s0" not in at.lines, "the group closed")


@key("tree.collapse-all")
async def closes_all_groups_and_stays_near(at: Opened, key: str) -> None:
    await at.press(key)
    await at.until(lambda: at.lines == ["fig7", "night"], "the groups alone")
    assert at.here == "fig7"


# --- the table of a group


def in_the_table(start: int, end: int) -> Press:
    async def moves_the_cursor(at: Opened, key: str) -> None:
        table(at).cursor = start
        await at.press(key)
        assert table(at).cursor == end

    return moves_the_cursor


key("table.up")(in_the_table(1, 0))
key("table.down")(in_the_table(1, 2))
key("table.page-up")(in_the_table(2, 0))
key("table.page-down")(in_the_table(0, 2))
key("table.first")(in_the_table(2, 0))
key("table.last")(in_the_table(0, 2))


@key("table.sort")
async def sorts_by_the_next_column(at: Opened, key: str) -> None:
    names = [column.name for column in table(at)._columns]
    for expected in [*names[1:], names[0]]:
        await at.press(key)
        assert table(at)._sort_column == expected


@key("table.reverse")
async def turns_the_order_round(at: Opened, key: str) -> None:
    before = table(at).keys
    await at.press(key)
    assert table(at).keys == before[::-1]


@key("table.choose")
async def goes_to_the_trajectory_of_the_row(at: Opened, key: str) -> None:
    chosen = table(at).current
    await at.press(key)
    await at.until(lambda: at.app.focused is at.tree, "the tree")
    assert str(at.browser.runs / at.here) == chosen


# --- the comparison


def in_the_comparison(start: int, end: float) -> Press:
    async def turns_the_frames(at: Opened, key: str) -> None:
        comparison(at)._go_to_stop(start)
        await at.press(key)
        assert comparison(at).inpainted == end

    return turns_the_frames


key("compare.back")(in_the_comparison(2, 50))
key("compare.forward")(in_the_comparison(2, 150))
key("compare.first")(in_the_comparison(2, 0))
key("compare.last")(in_the_comparison(2, 200))


@key("compare.metric")
async def draws_the_next_metric_of_them(at: Opened, key: str) -> None:
    await at.until(lambda: "SSIM" in at.text, "a metric")
    drawn = comparison(at)._drawn_metric
    await at.press(key)
    assert comparison(at)._drawn_metric != drawn


@key("compare.axis")
async def turns_the_axis_of_the_comparison(at: Opened, key: str) -> None:
    await at.press(key)
    await at.until(lambda: "coverage %" in at.text, "the other axis")


@key("compare.close")
async def goes_back_to_the_tree(at: Opened, key: str) -> None:
    await at.press(key)
    await at.until(lambda: at.app.screen is at.browser, "the browser")


# --- the app


@key("app.graphics")
async def goes_through_the_ways_to_show_pictures(at: Opened, key: str) -> None:
    assert "pictures are off" in at.text
    await at.press(key)
    await at.until(lambda: "▀" in at.text, "half blocks")
    assert at.toasts == ["half blocks: switched to; else off: a test"]
    await at.press(key)
    await at.until(lambda: at.app.graphics.protocol == "off", "none")


@key("app.help")
async def shows_the_help_and_goes_back(at: Opened, key: str) -> None:
    await at.press(key)
    await at.until(lambda: isinstance(at.app.screen, HelpScreen), "the help")
    await at.press(key)
    await at.until(lambda: at.app.screen is at.browser, "the browser again")


@key("app.suspend")
async def does_nothing_where_there_is_no_terminal(at: Opened, key: str) -> None:
    """With one: test_app_tough."""
    await at.press(key)
    assert at.app.is_running
    assert at.app.screen is at.browser


@key("app.quit")
async def leaves(at: Opened, key: str) -> None:
    await at.press(key)
    assert at.app.return_code == 0


# --- what the table is for


@pytest.mark.parametrize(
    ("where", "scopes"),
    [
        (begin, ("tree", "browser", "app")),
        (begin_in_the_table, ("table", "browser", "app")),
        (begin_in_the_comparison, ("compare", "app")),
    ],
)
async def test_the_help_shows_every_binding_that_holds_there(
    where: Callable[[Opened], Awaitable[None]],
    scopes: tuple[str, ...],
    folder: Path,  # nearest first
) -> None:
    async with opened(folder, (140, 100)) as at:
        await where(at)
        await at.press("question_mark")
        await at.until(lambda: isinstance(at.app.screen, HelpScreen), "the help")
        rows = at.text
        taken: set[str] = set()
        for scope in scopes:
            for binding in bindings.SCOPES[scope]:
                assert (binding.tooltip in rows) == bool(set(binding.key.split(",")) - taken), binding.id
            taken |= {key for binding in bindings.SCOPES[scope] for key in binding.key.split(",")}
        assert "Pictures by off: a test" in rows


async def test_the_palette_has_every_binding_that_holds_as_group_and_verb(folder: Path) -> None:
    async with opened(folder) as at:
        commands = {command.title: command for command in at.app.get_system_commands(at.app.screen)}
        for binding in [*bindings.TREE, *bindings.BROWSER, *bindings.APP]:
            assert f"{bindings.GROUPS[group_of(binding)]}: {binding.description}" in commands
        await commands["Runs: Mark"].callback()
        await at.until(lambda: list(at.tree.marked) == [FIRST], "the mark")


async def test_the_palette_opens_and_runs_what_is_typed(folder: Path) -> None:
    async with opened(folder) as at:
        await at.press("ctrl+p", *"unmark all")
        at.tree.mark(FIRST)
        await at.until(lambda: "Runs: Unmark all" in at.text, "the command")
        await at.press("enter", "enter")
        await at.until(lambda: not at.tree.marked, "the marks gone")


def footer(at: Opened) -> str:
    return at.text.splitlines()[-1].strip()


async def test_the_last_line_shows_the_keys_of_the_table_that_are_used_most(folder: Path) -> None:
    async with opened(folder) as at:
        used = [binding for binding in [*bindings.BROWSER, *bindings.APP] if binding.show]
        shown = "  ".join(f"{binding.key_display} {binding.description}" for binding in used)
        await at.until(lambda: footer(at) == shown, "the keys")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_where_there_is_little_room_help_and_quit_stay(size: tuple[int, int], folder: Path) -> None:
    async with opened(folder, size) as at:
        await at.until(lambda: footer(at).startswith("n New  space Play"), "the first keys")
        assert footer(at).endswith("? Help  q Quit")


async def test_a_click_on_a_key_presses_it(folder: Path) -> None:
    async with opened(folder) as at:
        await at.until(lambda: "Mark" in footer(at), "the keys")
        await at.pilot.click(offset=(at.text.splitlines()[-1].index("Mark"), 39))
        await at.until(lambda: list(at.tree.marked) == [FIRST], "the mark")


async def test_the_users_keys_replace_the_tables_and_the_help_follows(folder: Path) -> None:
    keys = {"runs.mark": "ctrl+o", "app.quit": "Q", "tree.down": "down,t", "no.such": "x"}
    async with opened(folder, settings=Settings(refresh=10.0, keys=keys)) as at:
        assert len([toast for toast in at.toasts if "there is no 'no.such'" in toast]) == 1
        await at.press("m", "q")
        assert not at.tree.marked
        await at.press("ctrl+o")
        await at.until(lambda: list(at.tree.marked) == [FIRST], "the mark")
        await at.press("ctrl+home", "t")
        await at.until(lambda: at.here == "fig7/cat", "the next row")
        await at.press("question_mark")
        await at.until(lambda: "^o" in at.text and "Mark a trajectory" in at.text, "the help")
        await at.press("escape", "Q")
        assert at.app.return_code == 0
