"""`riptui study ls`."""

import json
from pathlib import Path
from typing import Any

import pytest

from riptui.study.study_file import read_study
from tests.support.command import riptui
from tests.support.study_files import Written, submitted, written

__all__ = ["written"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)


def listed() -> list[dict[str, Any]]:
    outcome = riptui("study", "ls", "--json")
    assert outcome.code == 0
    found: list[dict[str, Any]] = json.loads(outcome.out)
    return found


def test_without_studies_it_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = riptui("study", "ls")
    assert (outcome.code, outcome.out) == (0, "")
    assert "riptui study new" in outcome.err


def test_what_is_known_is_listed_with_its_state_and_file(written: Written) -> None:
    file = written()
    Path("broken.toml").write_text("[sweep]\nmusk = 64\n")
    broken, small = listed()
    assert (small["name"], small["state"], small["percent"], small["file"]) == ("small", "not started", None, str(file))
    assert broken["state"] == "error in the file"
    assert "images is required" in broken["problem"]
    submitted(read_study(file))
    [_, small] = listed()
    assert (small["percent"], small["expected"], small["statuses"]) == (0, 8, {"queued": 8})
    lines = riptui("study", "ls").out.splitlines()
    assert lines[-1].split() == ["○", "small", "no", "worker", "0", "%", "small.toml"]


def test_what_was_run_is_listed_also_where_its_file_is_gone(written: Written) -> None:
    file = written()
    submitted(read_study(file))
    file.unlink()
    [small] = listed()
    assert small["name"] == "small"
    assert "is gone" in small["problem"]


def test_what_was_run_in_another_runs_folder_says_how_it_goes_on_there(written: Written) -> None:
    file = written('images = ["pictures"]\nmetrics = []\nruns = "own"')
    submitted(read_study(file, given_runs=Path("other")))
    problems = [found["problem"] or "" for found in json.loads(riptui("study", "ls", "other", "--json").out)]
    assert [problem.partition("own: ")[2] for problem in problems if problem] == ["here it goes on with --runs other"]
