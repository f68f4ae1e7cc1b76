"""The studies in the whole app: the way there, what is told at the ends, and when the app is left."""

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from riptui.store import layout
from riptui.tui.studies.studies_screen import StudiesScreen
from riptui.tui.themes import DARK, LIGHT, css_variables
from tests.support.app_pilot import open_app, screen_strips
from tests.support.app_runs import FAILURE, queue_trajectory
from tests.support.studies_app import stand_in
from tests.support.study_files import Written
from tests.support.trajectories import advance


@pytest.mark.slow
async def test_an_end_is_told_in_the_app_harmlessly(written: Written) -> None:
    file = written()
    with stand_in("printf 'error: the disk \\033 is [full]\\n' >&2; exit 1"):
        async with open_app(Path("runs")) as pilot:
            pilot.app.study_jobs.compute(file)
            assert await pilot.wait_for_toast("study small: the disk") == r"study small: the disk \x1b is [full]"


@pytest.mark.slow
async def test_what_goes_on_when_the_app_is_left_is_told(written: Written, tmp_path: Path) -> None:
    file = written()
    with stand_in('case "$2" in run) while [ ! -e stop ]; do sleep 0.02; done;; report) exec sleep 60;; esac'):
        async with open_app(Path("runs")) as pilot:
            await pilot.press("S")
            await pilot.wait_for_dialog(StudiesScreen)
            await pilot.wait_until(lambda: "not started" in pilot.screen_text, "the study")
            titles = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
            assert {"Studies: Run", "Studies: New", "Studies: Back"} <= titles
            assert not {"Studies: Pause/Resume", "Studies: Retry", "Studies: Tree"} & titles
            pilot.app.study_jobs.compute(file)
            pilot.app.study_jobs.write_report(file)
            pilot.app.exit()
            await pilot.wait_until(lambda: pilot.app.farewell, "the farewell")
        assert [line.split()[:4] for line in pilot.app.farewell] == [
            ["study", "small", "goes", "on"],
            ["pause", "it:", "riptui", "study"],
            ["the", "report", "of", "small"],
        ]
        (tmp_path / "stop").touch()


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_while_many_trajectories_wait_only_failures_are_told(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    made = [queue_trajectory(runs, f"many/m64-s{seed}", seed=seed, amount=100.0) for seed in range(10)]
    async with open_app(runs) as pilot:
        advance(made[0], 100)
        await pilot.wait_until(lambda: "✓ 1 done" in pilot.screen_text, "it")
        (made[1].path / layout.FAILED).write_bytes(FAILURE)
        await pilot.wait_for_toast("many/m64-s1: failed")
        assert len(pilot.toasts) == 1
        for trajectory in made[2:7]:
            advance(trajectory, 100)
        await pilot.wait_for_toast("done")


@pytest.mark.slow
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
async def test_the_line_at_the_cursor_has_a_mark_that_can_be_seen(written: Written, theme: Theme) -> None:
    written()
    async with open_app(Path("runs"), theme=theme.name) as pilot:
        await pilot.press("S")
        await pilot.wait_for_dialog(StudiesScreen)
        await pilot.wait_until(lambda: "not started" in pilot.screen_text, "the study")
        ground = Color.parse(css_variables(theme)["cursor-row"]).rich_color.name
        drawn = [(text, style.bgcolor) for strip in screen_strips(pilot.app) for text, style, _ in strip if style]
        at_cursor = [text for text, colour in drawn if colour and colour.name == ground]
        assert "".join(at_cursor).startswith("· small")  # on the ground of the tree's cursor, where colours can be read
