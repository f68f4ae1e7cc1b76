"""External programs as inpainters, from the commands: run, check, models, doctor, config; and in the queue."""

import json
import re
from pathlib import Path

import PIL.Image
import pytest

from riptui.cli.diagnosis import Diagnosis
from riptui.cli.doctor import check_programs
from riptui.errors import InpainterError
from riptui.events import Failed, Iterated
from riptui.inpainters import REGISTRY
from riptui.settings.program_examples import EXAMPLES
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import register
from riptui.testing.inpainter_rules import StepStopped
from riptui.worker.loop import new_worker_record, serve
from tests.support.command import riptui
from tests.support.programs import define_program, stand_in
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, picture

FEW = {"mask": 128, "amount": 50.0}
"""Two iterations."""


@pytest.fixture
def mine(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trajectory:
    """A trajectory whose spec names a program that copies."""
    monkeypatch.chdir(tmp_path)
    define_program(stand_in("copy"))
    return make_trajectory("g/t", inpainter="mine", **FEW)


@pytest.fixture
def picture_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The name of a picture in the current folder."""
    monkeypatch.chdir(tmp_path)
    PIL.Image.fromarray(picture()).save("cat.png")
    return "cat.png"


def test_a_spec_holds_the_name_alone(mine: Trajectory) -> None:
    spec = json.loads((mine.path / "spec.json").read_text())
    assert (spec["inpainter"], spec["parameters"]) == ("mine", {})


@pytest.mark.slow
def test_check_tells_what_cannot_be_replayed_and_the_session_which_command_it_was(mine: Trajectory) -> None:
    list(run_trajectory(mine))
    [session] = mine.read_sessions()
    assert len(session.notes["command"]) == 64
    outcome = riptui("check", mine.path)
    assert (outcome.code, outcome.err) == (0, "")
    assert "not replayable: 2 of 2 iterations, the program cannot be given a seed" in " ".join(outcome.out.split())
    assert json.loads(riptui("check", mine.path, "--json").out)["not_replayable"].startswith("2 of 2 iterations")


@pytest.mark.slow
def test_check_says_nothing_of_a_program_without_noise(make_trajectory: MakeTrajectory) -> None:
    define_program(stand_in("copy"), seed="unused")
    trajectory = make_trajectory("g/t", inpainter="mine", **FEW)
    list(run_trajectory(trajectory))
    assert "replayable" not in riptui("check", trajectory.path).out
    assert json.loads(riptui("check", trajectory.path, "--json").out)["not_replayable"] is None


@pytest.mark.slow
def test_a_command_that_changed_between_sessions_is_mixed(mine: Trajectory) -> None:
    list(run_trajectory(mine, should_stop=lambda: True))  # after one iteration
    define_program(stand_in("copy", "--other"))
    list(run_trajectory(mine))
    assert describe_mixed_sessions(mine).startswith("command ")


@pytest.mark.slow
def test_a_file_of_the_program_that_changes_between_iterations_is_mixed(
    make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    weights.write_text("1")
    define_program(stand_in("copy", weights), seed="unused")
    trajectory = make_trajectory("g/t", inpainter="mine", mask=128, amount=100.0)  # the saver is an iteration behind
    for event in run_trajectory(trajectory):
        if isinstance(event, Iterated) and event.row.k == 1:
            weights.write_text("2 now")
    assert len(trajectory.read_sessions()) == 2
    assert describe_mixed_sessions(trajectory).startswith("program files ")


@pytest.mark.slow
def test_the_end_of_the_programs_output_is_in_the_log(mine: Trajectory) -> None:
    define_program(stand_in("fail"))
    with pytest.raises(InpainterError, match="it exited with 3"):
        list(run_trajectory(mine))
    assert "reading the weights" in (mine.path / "log.txt").read_text()
    assert mine.read_status() == Status.FAILED


def test_a_trajectory_can_be_left_while_its_program_says_nothing(mine: Trajectory, tmp_path: Path) -> None:
    define_program(stand_in("hang", tmp_path / "child"))

    def leave(step: int, steps: int) -> None:
        raise StepStopped

    with pytest.raises(StepStopped):
        list(run_trajectory(mine, on_step=leave))
    assert mine.read_rows() == []


def test_a_worker_whose_user_has_no_such_program_skips_it_and_says_where_to_define_it(
    mine: Trajectory, tmp_path: Path
) -> None:
    file = define_program(stand_in("copy"), name="another")
    runs = tmp_path / "runs"
    with register(runs, new_worker_record(WorkerOptions(batch=1))) as entry:
        [(trajectory, event)] = serve(entry, runs, idle_seconds=0, should_stop=lambda: False)
    assert trajectory.path == mine.path
    assert isinstance(event, Failed)
    text = str(event.error)
    assert "this worker knows no inpainter 'mine': " in text
    assert f"define [inpainters.mine] in {file}, the settings of the worker's user" in text
    assert mine.read_status() == Status.QUEUED
    assert mine.failure is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, "unknown inpainter 'mine'. Available: navier-stokes, "),
        ("[inpainters.mine]\ncommand = 'x'", "line 1: inpainters.mine has no hole; it must be"),
        ("[inpainters.mine", "unknown inpainter 'mine' (no programs of your settings are known: "),
    ],
)
def test_a_name_that_the_settings_do_not_define_is_refused_before_anything_is_made(
    settings: str | None, words: str, picture_file: str
) -> None:
    if settings:
        define_program("x").write_text(settings)
    outcome = riptui("run", picture_file, "-i", "mine")
    assert outcome.code == 2
    assert words in outcome.err
    assert not Path("runs").exists()


def test_a_program_that_is_missing_or_takes_another_size_is_refused_before_anything_is_made(
    picture_file: str,
) -> None:
    define_program("no-such-program {image} {mask} {output}")
    outcome = riptui("run", picture_file, "-i", "mine")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith(
        "error: the inpainter mine: there is no program 'no-such-program'; inst"
    )
    define_program(stand_in("copy"), resolution=512)
    outcome = riptui("run", picture_file, "-i", "mine", "--size", "256")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("error: size 256 px: mine takes 512 px only, by your settings")
    assert not Path("runs").exists()


def test_the_ready_entries_have_names_that_are_free() -> None:
    names = re.findall(r"^\[inpainters\.(.*?)\]", EXAMPLES, re.MULTILINE)
    assert names
    assert not {*names} & REGISTRY.built_in.keys()


def test_models_doctor_and_config_tell_of_it() -> None:
    file = define_program(stand_in("copy"))
    [listed] = [entry for entry in json.loads(riptui("models", "--json").out) if entry["name"] == "mine"]
    assert (listed["kind"], listed["state"], listed["problem"]) == ("program", "here", "")
    assert "✓ mine" in riptui("models").out
    assert [*check_programs()] == [Diagnosis("ok", "inpainter mine: its program is found")]
    assert "mine = " in riptui("config").out

    define_program("no-such-program {image} {mask} {output}")
    outcome = riptui("models")
    assert "○ mine" in outcome.out
    assert "the inpainter mine: there is no program 'no-such-program'" in " ".join(outcome.out.split())

    [found] = check_programs()
    assert (found.state, found.advice) == ("note", "install it, or give its path: riptui config edit")

    file.write_text(f"[inpainters.telea]\ncommand = '{stand_in('copy')}'\nhole = 'white'\n")
    outcome = riptui("config")
    assert outcome.code == 2
    outcome_text = " ".join(outcome.err.split())
    assert "telea of your settings is left out: riptui has a built-in inpainter of that name" in outcome_text
    assert "telea of your settings is left out" in " ".join(riptui("models").err.split())
