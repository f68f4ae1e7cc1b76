"""What the keys of the browser do to trajectories, in the whole app; workers are only asked for, never started."""

import shlex
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.widgets import Button, Checkbox, Input, OptionList, SelectionList

from riptui.cli.commands import riptui
from riptui.cli.commands.run import run
from riptui.cli.run import parse_settings as pairs
from riptui.errors import InputError, WorkerError
from riptui.inpainters import spec_parameters
from riptui.metrics import REGISTRY
from riptui.planning.command_line import to_command_line
from riptui.planning.submit import repeat_with_next_seed as with_next_seed
from riptui.planning.sweep import Sweep
from riptui.spec import FITS, SQUARE_ORDERS, Spec, encode_spec
from riptui.store import layout, trash
from riptui.store.claim import claim
from riptui.store.listing import find_trajectories
from riptui.store.records import Failure, Request
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision import client
from riptui.text.units import format_count, format_duration, format_size
from riptui.tui.commands import COMMAND_MODULES, sharing
from riptui.tui.commands.export_dialog import ExportOptions, ExportScreen, parse_interval, plan_tasks
from riptui.tui.dialogs import ChoiceDialog, ConfirmDialog, MultiChoiceDialog, TextDialog
from riptui.tui.work_supervisor import WorkSupervisor
from tests.support.app_pilot import open_app
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, make_spec, picture


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs folders that a worker was asked for."""
    runs: list[Path] = []
    monkeypatch.setattr(WorkSupervisor, "supervise", lambda self, trajectories: runs.append(self.runs))
    return runs


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the clipboard."""
    texts: list[str] = []
    monkeypatch.setattr("textual.app.App.copy_to_clipboard", lambda _, text: texts.append(text))
    return texts


def computed(one: Trajectory) -> Trajectory:
    list(run_trajectory(one))
    return one


def failed(one: Trajectory) -> Trajectory:
    with claim(one) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:00+00:00", 1, "it broke", "traceback"))
    return one


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_p_pauses_what_waits_and_goes_on_with_it(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]
) -> None:
    one = make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("p")
        await pilot.wait_for_words("1 trajectory paused")
        assert one.request.state == "pause"
        assert asked == []
        entries = pilot.browser.runs_tree.model.entries
        await pilot.wait_until(lambda: entries[pilot.cursor].status is Status.PAUSED)
        await pilot.press("p")
        await pilot.wait_for_words("1 trajectory queued")
        assert one.request.state == "run"  # type: ignore[comparison-overlap]  # mypy does not see the press
        await pilot.wait_for_command()
        assert asked == [runs]


@pytest.mark.slow
async def test_on_a_group_it_is_about_all_in_it(make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]) -> None:
    them = [make_trajectory(f"a/m64-s{seed}", seed=seed) for seed in range(3)]
    other = make_trajectory("b/m64-s0", seed=9)
    async with open_app(runs, select="a") as pilot:
        await pilot.press("p")
        await pilot.wait_for_words("3 trajectories paused")
    assert [one.request.state for one in them] == ["pause"] * 3
    assert other.request.state == "run"


@pytest.mark.slow
async def test_x_stops_after_a_question(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("x")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("n")
        await pilot.wait_for_command()
        assert one.request.state == "run"
        await pilot.press("x")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("1 trajectory stopped")
        assert one.request.state == "stop"  # type: ignore[comparison-overlap]


@pytest.mark.slow
async def test_without_confirm_it_stops_at_once(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory()
    async with open_app(runs, confirm=False) as pilot:
        await pilot.press("x")
        await pilot.wait_for_words("stopped")
        assert one.request.state == "stop"


@pytest.mark.slow
async def test_r_forgets_the_failure_and_queues(make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]) -> None:
    one = failed(make_trajectory())
    async with open_app(runs) as pilot:
        await pilot.press("R")
        await pilot.wait_for_words("1 trajectory queued again")
        await pilot.wait_for_command()
        assert one.failure is None
        assert one.read_status() is Status.QUEUED
        assert asked == [runs]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "words"),
    [("p", "to pause"), ("x", "to stop"), ("R", "to retry"), ("plus", "nothing queued")],
)
async def test_where_there_is_nothing_to_do_it_says_so(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path], key: str, words: str
) -> None:
    computed(make_trajectory(inpainter="noise"))
    async with open_app(runs) as pilot:
        await pilot.press(key)
        await pilot.wait_for_words(words)
        assert asked == []


@pytest.mark.slow
async def test_a_worker_that_does_not_start_is_told(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise WorkerError("the worker did not start: \x1b[31mno disk")

    monkeypatch.setattr(WorkSupervisor, "supervise", refuse)
    failed(make_trajectory())
    async with open_app(runs) as pilot:
        await pilot.press("R")
        said = await pilot.wait_for_toast("did not start")
        assert "\x1b" not in said


@pytest.mark.slow
async def test_plus_and_minus_move_in_the_queue(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for place in range(3):
        one = make_trajectory(f"a/t{place}", seed=place)
        client.set_request(one, Request(queued=1000.0 + place))
    async with open_app(runs, select="a/t2") as pilot:
        await pilot.press("plus")
        await pilot.wait_for_words("2 of 3 in the queue")
        await pilot.press("plus")
        await pilot.wait_for_words("1 of 3 in the queue")
        await pilot.press("minus")
        await pilot.wait_for_command()
    places = {name: Trajectory(runs / "a" / name).request.queued for name in ("t0", "t1", "t2")}
    assert sorted(places, key=lambda name: places[name]) == ["t0", "t2", "t1"]


@pytest.mark.parametrize(
    ("chosen", "places", "order"),
    [
        ("c", -1, "acbde"),
        ("a", -1, "abcde"),
        ("e", 1, "abcde"),
        ("ab", -1, "abcde"),
        ("bd", -1, "badce"),
        ("bc", 1, "adbce"),
        ("ae", 1, "bacde"),
        ("", 1, "abcde"),
    ],
)
def test_the_queue_moves_by_one_place_and_keeps_the_order_of_those_that_move(
    chosen: str, places: int, order: str
) -> None:
    queue = [Trajectory(Path(letter)) for letter in "abcde"]
    meant = [one for one in queue if one.path.name in chosen]
    assert "".join(one.path.name for one in client.shift_in_queue(queue, meant, places)) == order


# ── names, trash ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_f2_gives_another_name_and_the_cursor_follows(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0")
    async with open_app(runs) as pilot:
        await pilot.press("f2")
        dialog = await pilot.wait_for_dialog(TextDialog)
        dialog.query_one(Input).value = "not a name"
        await pilot.press("enter")
        await pilot.wait_until(lambda: "is not a name" in pilot.text_of(".problem"))
        dialog.query_one(Input).value = "first"
        await pilot.press("enter")
        await pilot.wait_until(lambda: pilot.cursor == "a/first")
        assert not one.path.exists()


@pytest.mark.slow
async def test_a_name_that_is_taken_is_told(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a/m64-s0", seed=0)
    make_trajectory("a/other", seed=1)
    async with open_app(runs, select="a/m64-s0") as pilot:
        await pilot.press("f2")
        (await pilot.wait_for_dialog(TextDialog)).query_one(Input).value = "other"
        await pilot.press("enter")
        await pilot.wait_for_toast("other exists")


@pytest.mark.slow
async def test_delete_moves_to_the_trash_and_u_brings_it_back(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0", seed=0)
    make_trajectory("b/m64-s0", seed=1)
    async with open_app(runs, select="a/m64-s0") as pilot:
        await pilot.press("delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("moved to the trash")
        assert not one.path.exists()
        await pilot.wait_until(lambda: "a/m64-s0" not in pilot.browser.runs_tree.model.entries)
        await pilot.press("u")
        await pilot.wait_for_words("1 trajectory restored")
        await pilot.wait_until(lambda: pilot.cursor == "a/m64-s0")
        assert one.spec.seed == 0
        await pilot.press("u")
        await pilot.wait_for_words("the trash is empty")


@pytest.mark.slow
async def test_a_group_goes_and_comes_back_as_one(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in range(3):
        make_trajectory(f"a/m64-s{seed}", seed=seed)
    make_trajectory("b/m64-s0", seed=9)
    async with open_app(runs, select="a", confirm=False) as pilot:
        await pilot.press("delete")
        await pilot.wait_for_words("a (3 trajectories) moved")
        assert not (runs / "a").exists()
        await pilot.wait_until(lambda: len(pilot.browser.runs_tree.model.entries) == 1)
        await pilot.press("u")
        await pilot.wait_for_words("3 trajectories restored")


@pytest.mark.slow
async def test_of_a_group_only_what_the_filter_shows_is_meant(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for mask in (64, 128):
        make_trajectory(f"a/m{mask}-s0", mask=mask)
    async with open_app(runs, select="a") as pilot:
        await pilot.press("slash")
        await pilot.press(*"mask:64")
        await pilot.press("enter")
        assert pilot.cursor == "a"
        await pilot.press("delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("a (1 trajectory in the filter) moved")
    assert [one.path.name for one in find_trajectories(runs)] == ["m128-s0"]


@pytest.mark.slow
async def test_erase_asks_with_no_as_its_answer_and_names_how_much(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a/m64-s0", seed=0)
    make_trajectory("a/m64-s1", seed=1)
    async with open_app(runs, select="a", confirm=False) as pilot:
        await pilot.press("shift+delete")
        dialog = await pilot.wait_for_dialog(ConfirmDialog)
        text = str(dialog.query("Static").first().content)
        assert "2 trajectories" in text
        assert " kB, permanently" in text
        await pilot.press("enter")
        await pilot.wait_for_command()
        assert len(pilot.browser.runs_tree.model.entries) == 2
        await pilot.press("shift+delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("deleted")
        assert not (runs / "a").exists()
        assert trash.list_entries(runs) == []


@pytest.mark.slow
async def test_what_is_being_computed_is_neither_renamed_nor_thrown_away(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    one = make_trajectory()
    with claim(one):
        async with open_app(runs, confirm=False) as pilot:
            await pilot.press("delete")
            await pilot.wait_for_toast("being computed")
            await pilot.wait_for_command()
            await pilot.press("f2")
            (await pilot.wait_for_dialog(TextDialog)).query_one(Input).value = "other"
            await pilot.press("enter")
            await pilot.wait_for_command()
            assert one.path.is_dir()


@pytest.mark.slow
async def test_the_trash_is_emptied_after_a_question(make_trajectory: MakeTrajectory, runs: Path) -> None:
    thrown = make_trajectory("a/m64-s0", seed=0)
    make_trajectory("b/m64-s0", seed=1)
    trash.move_to_trash(runs, [thrown.path])
    async with open_app(runs) as pilot:
        await pilot.press("ctrl+delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("trash emptied")
        assert trash.list_entries(runs) == []


# ── out of the app ───────────────────────────────────────────────────────────────────────────────────────────────────


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
        dialog.cancel()
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
        assert names.option_count == len(REGISTRY)
        names.deselect_all()
        names.select("psnr")
        await pilot.press("enter")
        await pilot.wait_for_words("measuring 1 trajectory: psnr")
        await pilot.wait_for_toast("1 trajectory measured")
    assert {name for values in one.read_metrics().values() for name in values} == {"psnr"}


@pytest.mark.slow
async def test_what_goes_wrong_with_it_is_told(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed(make_trajectory(inpainter="noise"))
    script = "import sys; sys.stderr.write('no such thing'); sys.exit(3)"
    monkeypatch.setattr(sharing, "MEASURE_COMMAND", (sys.executable, "-c", script))
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


# ── pure parts ───────────────────────────────────────────────────────────────────────────────────────────────────────


SPECS = st.builds(
    make_spec,
    st.just(picture()),
    mask=st.sampled_from([16, 64, 128]),
    seed=st.integers(0, 2**53),
    amount=st.floats(0.1, 1e6),
    order=st.sampled_from(SQUARE_ORDERS),
    fit=st.sampled_from(FITS),
    paste=st.booleans(),
    source_name=st.sampled_from(["cat.png", "a b.jpg", "-rf.png", "it's.png", "ü.png"]),
    inpainter=st.sampled_from(["navier-stokes", "noise", "telea"]),
    parameters=st.just({}),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SPECS, st.sampled_from([{}, {"radius": 7}, {"radius": 2.5}]))
def test_the_command_line_of_a_spec_makes_that_spec_again(spec: Spec, given: dict[str, Any]) -> None:
    parameters = spec_parameters(spec.inpainter, given if spec.inpainter != "noise" else {})
    assert round_trip(replace(spec, parameters=parameters)) == replace(spec, parameters=parameters)


@pytest.mark.parametrize(
    "told",
    [{"prompt": "a 'red' barn; rm -rf"}, {"guidance": 1.0, "steps": 20}, {"scheduler": "DDIM", "allow_pickle": True}],
)
def test_so_does_that_of_a_diffusion_model(told: dict[str, Any]) -> None:
    spec = make_spec(picture(), inpainter="sd2", parameters=spec_parameters("sd2", told))
    assert round_trip(spec) == spec


def round_trip(spec: Spec) -> Spec:
    """What `riptui run` understands of the command line."""
    words = shlex.split(to_command_line(spec))
    assert words[:2] == ["riptui", "run"]
    with run.make_context("run", words[2:], **riptui.context_settings) as context:
        given = context.params
    [image] = given["images"]
    assert str(image) == spec.source_name
    sweep = Sweep(
        given["inpainters"],
        given["masks"],
        given["seeds"],
        pairs(given["key_values"]),
        given["amount"],
        given["order"],
        given["squares"],
        given["paste"],
        given["size"],
        given["fit"],
    )
    [made] = sweep.specs(spec.source_name, spec.source_sha256, spec.original_sha256)
    return made


def test_another_seed_is_the_next_that_none_like_it_has(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s3", seed=3)
    make_trajectory("a/m64-s4", seed=4)
    make_trajectory("a/m128-s5", seed=5, mask=128)
    made = with_next_seed(runs, one, Request())
    assert made.spec.seed == 5
    assert made.path.parent == one.path.parent
    (runs / "a" / "m64-s4" / layout.SPEC).write_text("damaged")
    assert with_next_seed(runs, one, Request()).spec.seed in (4, 6)


def test_one_that_lies_in_the_runs_folder_itself_gets_its_like_beside_it(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    assert with_next_seed(runs, make_trajectory("m64-s0"), Request()).path.parent == runs


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (format_count(1, "trajectory"), "1 trajectory"),
        (format_count(1200, "trajectory"), "1,200 trajectories"),
        (format_count(2, "inpainting"), "2 inpaintings"),
        (format_size(0), "0.0 kB"),
        (format_size(4_100_000), "4.1 MB"),
        (format_size(9_960_000), "10 MB"),
        (format_size(1.25e9), "1.2 GB"),
        (format_duration(0.2), "1 s"),
        (format_duration(90), "2 min"),
        (format_duration(12_000), "3 h 20 min"),
        (format_duration(86_400 * 3), "3 days 0 h"),
    ],
)
def test_numbers_are_told_as_people_tell_them(said: str, text: str) -> None:
    assert said == text


def test_every_command_is_a_function() -> None:
    for name, module in COMMAND_MODULES.items():
        assert callable(getattr(import_module(f"riptui.tui.commands.{module}"), name))


@pytest.mark.slow
async def test_a_command_that_has_not_ended_is_not_begun_again(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory()
    async with open_app(runs) as pilot:
        pilot.browser.action_do("rename")
        pilot.browser.action_do("rename")
        await pilot.wait_for_dialog(TextDialog)
        await pilot.press("escape")
        await pilot.wait_for_command()
        assert len(pilot.app.screen_stack) == 2


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_a_command_is_about_all_that_is_marked_after_one_question(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path], copied: list[str]
) -> None:
    them = [make_trajectory(f"{group}/t{seed}", seed=seed) for group in "ab" for seed in range(2)]
    async with open_app(runs, select="a/t1") as pilot:
        await pilot.press("m", "l", "j", "m")
        await pilot.wait_until(lambda: list(pilot.tree.marked) == ["a/t1", "b/t0"], "two of two groups")
        await pilot.press("y")
        await pilot.wait_for_words("the paths of 2 marked trajectories")
        assert copied[0].split() == [str(runs / "a/t1"), str(runs / "b/t0")]
        await pilot.press("p")
        await pilot.wait_for_words("2 trajectories paused")
        assert [one.request.state for one in them] == ["run", "pause", "pause", "run"]
        await pilot.press("e")
        assert "2 trajectories" in str((await pilot.wait_for_dialog(ExportScreen)).query_one("Vertical").border_title)
        await pilot.press("escape")
        await pilot.wait_for_command()
        await pilot.press("delete")
        dialog = await pilot.wait_for_dialog(ConfirmDialog)
        assert "Move 2 marked trajectories to the trash?" in str(dialog.query("Static").first().content)
        await pilot.press("y")
        await pilot.wait_until(lambda: not pilot.tree.marked, "no marks on what is gone")
        assert [one.path.exists() for one in them] == [True, False, False, True]
        await pilot.press("u")
        await pilot.wait_for_words("2 trajectories restored")
        assert all(one.path.exists() for one in them)


@pytest.mark.slow
async def test_what_is_marked_but_hidden_by_the_filter_is_left_alone(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    one, other = (make_trajectory(f"a/m{mask}", mask=mask) for mask in (64, 128))
    async with open_app(runs, select="a/m64", confirm=False) as pilot:
        await pilot.press("m", "slash", *"mask:128", "enter", "delete")
        await pilot.wait_for_words("hidden by the filter")
        assert one.path.exists()
        await pilot.press("m", "delete")
        await pilot.wait_for_words("1 marked trajectory moved to the trash")
    assert one.path.exists()
    assert not other.path.exists()
