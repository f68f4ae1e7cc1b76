"""Paths of trajectories and groups as commands take them: here, and below the runs folder."""

import json
from pathlib import Path

import pytest

from tests.support.command import riptui
from tests.support.completion import completed
from tests.support.trajectories import MakeTrajectory

pytestmark = pytest.mark.usefixtures("here")


def test_a_word_that_is_no_command_may_be_meant_as_a_folder_of_the_app() -> None:
    Path("cat.png").touch()
    for word, told in {
        "nosuchdir": "There is no folder nosuchdir either",
        "./shwo": "There is no folder ./shwo either",
        "cat.png": "It is a file",
        "shwo": "Did you mean show?",
    }.items():
        outcome = riptui(word)
        assert outcome.code == 2
        outcome.require_one_line("No such command", told)
    assert "folder" not in riptui("study", "nosuch").err


@pytest.mark.parametrize("words", [["show"], ["check"], ["tag"], ["stop"], ["ls"]])
def test_a_path_that_is_not_here_is_looked_for_in_the_runs_folder(
    words: list[str], make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory("cat/m64-s0", runs=tmp_path / "all")
    assert riptui(*words, "cat/m64-s0").code == 2
    monkeypatch.setenv("RIPTUI_RUNS", str(tmp_path / "all"))
    assert riptui(*words, "cat/m64-s0").code == riptui(*words, trajectory.path).code != 2


def test_a_path_is_looked_for_below_the_folder_that_runs_names(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    make_trajectory("cat/m64-s0", runs=tmp_path / "all")
    assert riptui("stop", "cat/m64-s0", "--runs", tmp_path / "all").code == 0
    assert riptui("stop", "cat/m64-s0", "--runs", tmp_path).code == 2


def test_paths_are_looked_for_below_runs(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_trajectory("g/a").path.parents[2])
    Path("runs").rename("elsewhere")
    found = json.loads(riptui("ls", "--runs", "elsewhere", "--json").out)
    assert [entry["path"] for entry in found] == ["elsewhere/g/a"]
    found = json.loads(riptui("ls", "g", "--runs", "elsewhere", "--json").out)
    assert [entry["path"] for entry in found] == ["elsewhere/g/a"]
    for command in ("show", "check", "tag", "note", "pause"):
        assert riptui(command, "--runs", "elsewhere", "g/a", "--json").code == 0, command
    assert completed("pause", "--runs", "elsewhere", "g/") == ["g/a"]
