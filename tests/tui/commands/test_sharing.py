"""What leaves the app: copies, exports, measuring, a shell."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Button, Checkbox, Input, OptionList, SelectionList

from riptui.errors import InputError
from riptui.features import feature_extractor_names
from riptui.metrics import REGISTRY
from riptui.planning.command_line import to_command_line
from riptui.spec import encode_spec
from riptui.store.feature_file import stored_extractors
from riptui.store.trajectory import Trajectory
from riptui.supervision import client
from riptui.tui.commands.export_dialog import ExportOptions, ExportScreen, parse_interval, plan_tasks
from riptui.tui.dialogs import ChoiceDialog, MultiChoiceDialog
from tests.support.app_pilot import open_app
from tests.support.ended_trajectories import computed
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the clipboard."""
    texts: list[str] = []
    monkeypatch.setattr("textual.app.App.copy_to_clipboard", lambda _, text: texts.append(text))
    return texts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("p", lambda one: str(one.path)),
        ("c", lambda one: to_command_line(one.spec)),
        ("s", lambda one: encode_spec(one.spec).decode()),
    ],
)
async def test_y_copies_the_path_the_command_line_or_the_spec(
    make_trajectory: MakeTrajectory,
    runs: Path,
    copied: list[str],
    key: str,
    expected: Callable[[Trajectory], str],
) -> None:
    one = make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("y")
        await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.press(key)
        await pilot.wait_for_words("copied")
        assert copied == [expected(one)]
        await pilot.wait_for_command()
        assert one.request.state == "run"  # the key is one of the dialog alone


@pytest.mark.slow
async def test_enter_and_escape_work_in_the_choice_too(
    make_trajectory: MakeTrajectory, runs: Path, copied: list[str]
) -> None:
    one = make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("y")
        await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.press("escape")
        await pilot.wait_for_command()
        assert copied == []
        await pilot.press("y")
        dialog = await pilot.wait_for_dialog(ChoiceDialog)
        await pilot.wait_until(lambda: dialog.query_one(OptionList).highlighted == 0)
        await pilot.press("enter")
        await pilot.wait_for_words("copied")
        assert copied == [str(one.path)]


@pytest.mark.slow
async def test_e_exports_what_is_ticked_and_copies_the_paths(
    make_trajectory: MakeTrajectory, runs: Path, copied: list[str], tmp_path: Path
) -> None:
    computed(make_trajectory("a/m64-s0", inpainter="noise", metrics=("psnr",)))
    out = tmp_path / "out"
    out.mkdir()
    async with open_app(runs) as pilot:
        await pilot.press("e")
        dialog = await pilot.wait_for_dialog(ExportScreen)
        for kind in ("gif", "strip", "frames", "csv"):
            dialog.query_one(f"#{kind}", Checkbox).value = True
        dialog.query_one("#folder", Input).value = str(out)
        await pilot.press("ctrl+s")
        await pilot.wait_for_words("path copied")
    assert sorted(path.name for path in out.iterdir()) == ["a-m64-s0", "a-m64-s0.csv", "a-m64-s0.gif", "a-m64-s0.png"]
    assert len(list((out / "a-m64-s0").iterdir())) == 17
    assert copied == ["\n".join(str(out / f"a-m64-s0{ending}") for ending in (".gif", ".png", "", ".csv"))]


@pytest.mark.slow
async def test_an_export_by_the_mouse(
    make_trajectory: MakeTrajectory, runs: Path, copied: list[str], tmp_path: Path
) -> None:
    computed(make_trajectory("a/m64-s0", inpainter="noise", metrics=("psnr",)))
    async with open_app(runs) as pilot:
        await pilot.click_text("e Export")
        dialog = await pilot.wait_for_dialog(ExportScreen)
        dialog.query_one("#folder", Input).value = str(tmp_path)
        for label in ("GIF", "strip, a", "CSV"):  # the first two are ticked
            await pilot.click_text(label)
        await pilot.wait_until(lambda: dialog.options.kinds == ("csv",), "the ticks")
        await pilot.click("#export")
        await pilot.wait_for_words("path copied")
    assert copied == [str(tmp_path / "a-m64-s0.csv")]


@pytest.mark.slow
async def test_an_export_that_is_refused_says_why_and_can_be_tried_again(
    make_trajectory: MakeTrajectory, runs: Path, copied: list[str], tmp_path: Path
) -> None:
    computed(make_trajectory("a/m64-s0", inpainter="noise"))
    (tmp_path / "a-m64-s0.gif").write_text("mine")
    async with open_app(runs) as pilot:
        await pilot.press("e")
        dialog = await pilot.wait_for_dialog(ExportScreen)
        dialog.query_one("#strip", Checkbox).value = False
        dialog.query_one("#folder", Input).value = str(tmp_path)
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: "exists" in pilot.text_of("#status"))
        assert (tmp_path / "a-m64-s0.gif").read_text() == "mine"
        await pilot.wait_until(lambda: not dialog.query_one("#export", Button).disabled)
        dialog.query_one("#overwrite", Checkbox).value = True
        await pilot.press("ctrl+s")
        await pilot.wait_for_words("a-m64-s0.gif")


@pytest.mark.slow
async def test_what_cannot_be_written_stops_none_of_the_others(
    make_trajectory: MakeTrajectory, runs: Path, copied: list[str], tmp_path: Path
) -> None:
    computed(make_trajectory("a/m64-s0", inpainter="noise"))
    async with open_app(runs) as pilot:
        await pilot.press("e")
        dialog = await pilot.wait_for_dialog(ExportScreen)
        dialog.query_one("#gif", Checkbox).value = False
        dialog.query_one("#csv", Checkbox).value = True
        dialog.query_one("#folder", Input).value = str(tmp_path)
        await pilot.press("ctrl+s")
        await pilot.wait_until(lambda: "1 written; nothing is measured" in pilot.text_of("#status"))
        await pilot.press("escape")
        await pilot.wait_for_words("a-m64-s0.png")
        assert copied == [str(tmp_path / "a-m64-s0.png")]


@pytest.mark.slow
async def test_an_export_that_is_called_off_leaves_nothing(
    make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed(make_trajectory("a/m64-s0", inpainter="noise"))
    out = tmp_path / "out"
    out.mkdir()
    async with open_app(runs) as pilot:
        await pilot.press("e")
        dialog = await pilot.wait_for_dialog(ExportScreen)
        dialog.action_leave()
        dialog.query_one("#folder", Input).value = str(out)
        await pilot.press("ctrl+s")
        await pilot.wait_for_command()
    assert list(out.iterdir()) == []


def test_no_two_exports_have_one_name(tmp_path: Path) -> None:
    them = [Trajectory(tmp_path / place) for place in ("a/cat/m64-s0", "a/dog/m64-s0", "b/cat/m64-s0")]
    todo = plan_tasks(ExportOptions(kinds=("gif", "strip", "frames", "csv"), folder="out"), them, tmp_path)
    assert len({task.target for task in todo}) == len(todo) == 12
    assert str(todo[0].target) == "out/a-cat-m64-s0.gif"


@pytest.mark.parametrize(("text", "at"), [("", None), ("half", "half"), (" every ", "every"), ("8", 8)])
def test_frames_are_given_as_on_the_command_line(text: str, at: object) -> None:
    assert parse_interval(text) == at


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "²"])
def test_or_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_interval(text)


@pytest.mark.slow
async def test_m_measures_in_a_process_of_its_own(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = computed(make_trajectory(inpainter="noise"))
    assert one.read_metrics() == {}
    async with open_app(runs) as pilot:
        await pilot.press("M")
        dialog = await pilot.wait_for_dialog(MultiChoiceDialog)
        names = dialog.query_one(SelectionList)
        assert names.option_count == len(REGISTRY) + len(feature_extractor_names())
        names.deselect_all()
        names.select("psnr")
        names.select("phash")
        await pilot.press("enter")
        await pilot.wait_for_words("measuring 1 trajectory: psnr, phash")
        await pilot.wait_for_toast("1 trajectory measured")
    assert stored_extractors(one) == ["phash"]
    assert {name for values in one.read_metrics().values() for name in values} == {"psnr"}


@pytest.mark.slow
async def test_what_goes_wrong_with_it_is_told(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed(make_trajectory(inpainter="noise"))
    script = "import sys; sys.stderr.write('no such thing'); sys.exit(3)"
    monkeypatch.setattr(client, "COMMAND", (sys.executable, "-c", script))
    async with open_app(runs) as pilot:
        await pilot.press("M")
        await pilot.wait_for_dialog(MultiChoiceDialog)
        await pilot.press("enter")
        await pilot.wait_for_toast("no such thing")


@pytest.mark.slow
async def test_a_shell_starts_in_the_folder_and_the_app_comes_back(
    make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_trajectory()
    told = tmp_path / "told"
    script = tmp_path / "shell"
    script.write_text(f"#!/bin/sh\npwd > {shlex.quote(str(told))}\n")
    script.chmod(0o755)
    monkeypatch.setenv("SHELL", str(script))
    async with open_app(runs) as pilot:
        monkeypatch.setattr(type(pilot.app._driver), "can_suspend", True)
        await pilot.press("exclamation_mark")
        await pilot.wait_for_command()
        assert told.read_text().strip() == str(one.path)
        await pilot.press("p")
        await pilot.wait_for_words("paused")


@pytest.mark.slow
async def test_where_the_terminal_cannot_be_left_it_says_so(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("exclamation_mark")
        await pilot.wait_for_words("cannot be suspended")
