"""The screen of the studies, by keyboard and mouse."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.events import MouseScrollDown, MouseScrollUp
from textual.widgets import Input, Select

from riptui.graphics.picture import PictureWidget
from riptui.store import layout
from riptui.store.trajectory import Status, Trajectory
from riptui.study import manifest
from riptui.study.study_file import Study, read_study
from riptui.tui.dialogs import ConfirmDialog
from riptui.tui.studies.new_study_dialog import NewStudyDialog
from riptui.tui.studies.report_screen import ReportScreen
from riptui.tui.studies.studies_screen import StudiesScreen
from tests.support.app_pilot import click_text
from tests.support.app_runs import FAILURE
from tests.support.studies_app import open_studies, stand_in
from tests.support.study_files import SWEEP, Written, submitted

RUNS = Path("runs")


def made(written: Written) -> Study:
    """A study whose trajectories are queued."""
    study = read_study(written())
    submitted(study)
    return study


def trajectories(study: Study) -> list[Trajectory]:
    found = manifest.read(study)
    assert found is not None
    return [Trajectory(study.folder / path) for path in found.trajectories]


def statuses(study: Study) -> set[Status]:
    return {trajectory.read_status() for trajectory in trajectories(study)}


@pytest.mark.slow
async def test_without_studies_it_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_studies(RUNS) as studies:
        await studies.see("No studies here yet", "n writes a study file")
        await studies.press("r", "p", "e", "enter", "j")
        await studies.press("escape")
        assert studies.app.chosen == [None]


async def test_the_plan_says_what_is_to_be_computed_before_anything_is(written: Written) -> None:
    written()
    async with open_studies(RUNS) as studies:
        await studies.see("not started", "2 masks × 2 seeds", "64, 128 px", "iterations    80")
        assert not RUNS.exists()


async def test_what_this_machine_lacks_is_told_with_the_plan(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIPTUI_IOPAINT_URL", raising=False)
    written(sweep=SWEEP.replace('"noise"', '["noise", "iopaint"]') + 'model = "lama"\n')
    async with open_studies(RUNS, (160, 40)) as studies:
        await studies.see("not started", "riptui config edit" if find_spec("httpx2") else "riptui[servers]")


@pytest.mark.slow
async def test_run_starts_the_command_once_and_says_what_it_said_at_the_end(written: Written, tmp_path: Path) -> None:
    written()
    with stand_in('echo "$@"; while [ ! -e stop ]; do sleep 0.02; done; echo "error: no disk"; exit 1'):
        async with open_studies(RUNS) as studies:
            await studies.press("r")
            await studies.see("small is computed in the background")
            await studies.press("3")
            await studies.see("study run", "--display plain")
            await studies.press("r")
            await studies.see("small is being computed already")
            (tmp_path / "stop").touch()
            await studies.until(lambda: studies.app.ended, "the end")
            assert studies.app.ended == ["study small: no disk"]


@pytest.mark.slow
async def test_pause_resume_and_stop_reach_all_trajectories(written: Written) -> None:
    study = made(written)
    with stand_in("exit 0"):
        async with open_studies(RUNS) as studies:
            await studies.see("8 queued", "no worker")
            await studies.press("p")
            await studies.see("8 trajectories paused", "8 paused")
            assert statuses(study) == {Status.PAUSED}
            await studies.press("p")
            await studies.see("8 trajectories queued", "8 queued")
            await studies.until(lambda: studies.app.ended, "a process that computes them")
            await studies.press("x")
            await studies.until(lambda: isinstance(studies.app.screen, ConfirmDialog))
            await studies.press("y")
            await studies.see("8 trajectories stopped", "stopped")
            assert statuses(study) == {Status.INTERRUPTED}


@pytest.mark.slow
async def test_failures_are_listed_retried_and_gone_to(written: Written) -> None:
    study = made(written)
    first = trajectories(study)[0]
    (first.path / layout.FAILED).write_bytes(FAILURE)
    with stand_in("exit 0"):
        async with open_studies(RUNS) as studies:
            await studies.press("2")
            await studies.see("it broke", "1 failed")
            await studies.press("R")
            await studies.see("1 trajectory queued again", "nothing failed")
            (first.path / layout.FAILED).write_bytes(FAILURE)
            await studies.see("it broke")
            await studies.press("enter", "enter")
            await studies.until(lambda: studies.app.chosen, "the way to it")
    assert studies.app.chosen == [first.path.relative_to(study.runs).as_posix()]


@pytest.mark.slow
async def test_an_error_in_the_file_is_one_line_and_goes_when_it_is_mended(written: Written) -> None:
    written('images = ["pictures"]\nsamples = 3')
    async with open_studies(RUNS, (260, 30)) as studies:
        await studies.see("small.toml, line 2: unknown key 'samples'", "error in the file")
        await studies.press("r", "p", "e", "R")
        written()
        studies.screen.look()
        await studies.see("not started", "2 masks × 2 seeds")


@pytest.mark.slow
async def test_a_file_that_vanishes_while_it_is_shown(written: Written) -> None:
    study = made(written)
    async with open_studies(RUNS, (260, 30)) as studies:
        await studies.see("2 masks × 2 seeds")
        study.file.unlink()
        studies.screen.look()
        await studies.see("is gone: this is what was run from it", "8 queued")
        await studies.press("p")
        await studies.see("8 trajectories paused")
        await studies.press("t")
        assert studies.app.chosen == ["small"]


@pytest.mark.slow
async def test_pictures_that_are_gone_are_named(written: Written) -> None:
    written('images = ["pictures/a.png", "pictures/none.png"]\nmetrics = []')
    async with open_studies(RUNS, (260, 40)) as studies:
        await studies.see("none.png does not exist")
    written('images = ["nowhere/*.png"]\nmetrics = []')
    async with open_studies(RUNS, (260, 40)) as studies:
        await studies.see("matches no image")


@pytest.mark.slow
async def test_a_new_study_is_written_and_gone_to(written: Written, tmp_path: Path) -> None:
    written()
    async with open_studies(RUNS) as studies:
        await studies.press("n")
        await studies.until(lambda: isinstance(studies.app.screen, NewStudyDialog))
        dialog = studies.app.screen
        name = dialog.query_one("#name", Input)
        await studies.until(lambda: name.value == "quick", "the proposed name")
        name.value = "small"
        await studies.see("small.toml exists")
        await studies.press("ctrl+s")
        assert studies.app.screen is dialog
        name.value = "quick"
        dialog.query_one("#preset", Select).value = "orders"
        await studies.until(lambda: name.value == "orders", "the other proposal")
        await studies.press("ctrl+s")
        await studies.until(lambda: studies.app.screen is studies.screen, "the studies")
        await studies.until(lambda: studies.screen.current and studies.screen.current.known.name == "orders", "it")
        await studies.see("wrote", "4 orders")
    assert (tmp_path / "orders.toml").is_file()


@pytest.mark.slow
async def test_a_report_is_written_with_progress_and_can_be_given_up(written: Written) -> None:
    study = made(written)
    for trajectory in trajectories(study):
        pretend_done(trajectory)
    line = '{"event": "progress", "stage": "drawing", "done": 1, "total": 3}'
    with stand_in(f"echo '{line}'; exec sleep 60"):
        async with open_studies(RUNS) as studies:
            await studies.see("8 done")
            await studies.press("e")
            await studies.see("being written: drawing 1 of 3")
            await studies.press("e")
            await studies.until(lambda: isinstance(studies.app.screen, ConfirmDialog))
            await studies.press("y")
            await studies.see("e writes the report")
            assert studies.app.ended == []


def pretend_done(trajectory: Trajectory) -> None:
    """Its last row alone, which is all that progress looks at."""
    row = f'{{"k": {trajectory.spec.iterations}, "box": [0, 0, 64, 64], "inpainted": 100.0, "coverage": 100.0, '
    row += f'"patch": [0, 0], "sha256": "{"0" * 64}", "noise_seed": 0, "seconds": 1.0, "session": 1}}\n'
    (trajectory.path / layout.ROWS).write_text(row)


@pytest.mark.slow
async def test_a_report_that_is_there_is_read_section_by_section(written: Written) -> None:
    study = made(written)
    write_report_by_hand(study.report_folder)
    async with open_studies(RUNS) as studies:
        await studies.press("4", "enter")
        await studies.see("report.md, report.html and figures", "of 8 trajectories", "Stability", "Figure 7, telea")
        await studies.see("enter Open")
        assert studies.screen.panes.report.current_key == "0"  # not the notes above
        await studies.press("j", "enter")
        await studies.until(lambda: isinstance(studies.app.screen, ReportScreen), "the section")
        await studies.see("0.7146")
        await studies.press("right")
        await studies.see("No figure lacks anything", "3 of 4")
        await studies.press("l")
        await studies.see("Figure 7, telea   4 of 4   figure-07.png", "How far it drifts.")
        await studies.until(lambda: studies.app.screen.query_one(PictureWidget).image is not None, "the picture")
        await studies.press("right", "escape")
        await studies.until(lambda: studies.app.screen is studies.screen)
        assert studies.screen.panes.report.current_key == "3"


@pytest.mark.slow
async def test_a_table_of_a_report_has_all_its_values_in_little_room(written: Written) -> None:
    study = made(written)
    write_report_by_hand(study.report_folder)
    heads = ["inpainter", "mask", "n", "images", "at the end", "area", "half-life", "s per inpainting"]
    values = ["navier-stokes", "64 px", "9", "5", "0.7157", "0.7781", "66 %", "0.0083"]
    rows = "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["--"] * len(heads), values))
    (study.report_folder / "report.md").write_text(f"# Report\n\nTwo.\n\n## Stability\n\n{rows}\n")
    async with open_studies(RUNS, (80, 24)) as studies:
        await studies.press("4", "enter")
        await studies.see("¶ Stability")
        await studies.press("j", "enter")
        await studies.see(*(f"│{value}" for value in values))


@pytest.mark.slow
async def test_page_keys_that_come_before_a_list_has_room_do_nothing(written: Written) -> None:
    made(written)
    async with open_studies(RUNS) as studies:
        await studies.press("tab")  # so that tabs take the focus
        panes = studies.screen.panes
        studies.screen.action_select_tab("failures")
        panes.failures.action_page_up()
        panes.failures.action_page_down()
        await studies.see("nothing failed")
        await studies.press("pageup", "pagedown")
        assert studies.app.focused is panes.failures


def write_report_by_hand(folder: Path) -> None:
    folder.mkdir()
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(folder / "figure-07.png")
    (folder / "report.json").write_text('{"riptui_report": 1, "trajectories": 8, "figures": []}')
    (folder / "report.md").write_text(
        "# Report\n\nEight trajectories.\n\n## Stability\n\n| inpainter | area |\n| -- | -- |\n| telea | 0.7146 |\n\n"
        "## Figures\n\n### Figure 7, telea\n\n![Figure 7, telea](figure-07.png)\n\n"
        "How far it drifts. [PDF](figure-07.pdf)\n\n### Left out\n\nNo figure lacks anything.\n"
    )


@pytest.mark.slow
async def test_the_wheel_scrolls_a_section_and_a_click_goes_on(written: Written) -> None:
    study = made(written)
    write_report_by_hand(study.report_folder)
    report = study.report_folder / "report.md"
    report.write_text(report.read_text().replace("Eight trajectories.", "\n\n".join(f"line {n}" for n in range(60))))
    async with open_studies(RUNS, (80, 24)) as studies:
        await studies.press("4")
        await studies.see("Stability")
        await studies.press("enter", "enter")
        await studies.until(lambda: isinstance(studies.app.screen, ReportScreen), "the section")
        await studies.see("line 1", "1 of 4")
        scroll = studies.app.screen.query_one("#report-text")
        for event, is_moved in ((MouseScrollDown, True), (MouseScrollUp, False)):
            wheel = event(scroll, 9, 9, 0, 0, 0, False, False, False, screen_x=9, screen_y=9)
            studies.app.screen._forward_event(wheel)
            await studies.until(lambda is_moved=is_moved: (scroll.scroll_y > 0) == is_moved, "the wheel")
        for key, place in (("→", "2 of 4"), ("←", "1 of 4"), ("→", "2 of 4"), ("Section", "1 of 4")):
            await click_text(studies.pilot, key)
            await studies.see(place)


@pytest.mark.slow
async def test_the_mouse_chooses_studies_tabs_and_keys(written: Written) -> None:
    made(written)
    written(sweep="").rename("other.toml")
    written()
    async with open_studies(RUNS) as studies:
        await studies.see("other", "small")
        row = next(y for y, line in enumerate(studies.text.splitlines()) if "other" in line)
        await studies.pilot.click(offset=(6, row))
        await studies.until(lambda: studies.screen.current and studies.screen.current.known.name == "other", "it")
        await studies.pilot.click(offset=(6, row + 1))
        await studies.until(lambda: studies.screen.current and studies.screen.current.known.name == "small", "it")
        tabs = next(y for y, line in enumerate(studies.text.splitlines()) if "Failures" in line)
        await studies.pilot.click(offset=(studies.text.splitlines()[tabs].index("Failures"), tabs))
        await studies.see("nothing failed")
        footer = studies.text.splitlines()[-1]
        await studies.pilot.click(offset=(footer.index("Pause"), 29))
        await studies.see("8 trajectories paused")


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_in_little_room_the_list_is_above(written: Written, size: tuple[int, int]) -> None:
    made(written)
    async with open_studies(RUNS, size) as studies:
        await studies.see("8 queued", "2 masks × 2 seeds")
        lines = studies.text.splitlines()
        assert next(y for y, line in enumerate(lines) if "Plan" in line) > 4
        assert "r Run" in lines[-1]


@pytest.mark.slow
async def test_the_list_fits_the_window_after_it_was_resized(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudiesScreen, "_tick", lambda _: None)  # it draws what it read again
    made(written)
    async with open_studies(RUNS, (120, 30)) as studies:
        await studies.see("8 queued", "2 masks × 2 seeds")
        await studies.pilot.resize_terminal(80, 24)
        await studies.until(lambda: any(line.endswith("no worker│") for line in studies.text.splitlines()), "its end")
