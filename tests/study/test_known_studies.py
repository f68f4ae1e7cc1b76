"""Which studies are found in and beside a runs folder, and what is said of those that are spoilt or gone."""

from pathlib import Path

import pytest

from riptui.study import manifest
from riptui.study.known_studies import KnownStudy, StudyFinder, remember_recent
from riptui.study.study_file import read_study
from tests.support.study_files import SWEEP, Written, submitted

GROUPS = ("small", "small/a", "small/b")


def find(runs: Path = Path("runs"), finder: StudyFinder | None = None) -> list[KnownStudy]:
    return (finder or StudyFinder(runs)).find(GROUPS)


def test_files_beside_the_runs_folder_are_found_and_other_toml_is_not(written: Written, tmp_path: Path) -> None:
    file = written()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "no study"\n')
    [known] = find()
    assert (known.file, known.name, known.problem) == (file, "small", "")
    assert known.study is not None
    assert known.manifest is None


def test_what_was_run_is_found_with_its_file(written: Written) -> None:
    submitted(read_study(written()))
    [known] = find()
    assert known.manifest is not None
    assert len(known.manifest.trajectories) == 8
    assert not known.has_changed


def test_a_changed_file_is_read_again(written: Written) -> None:
    submitted(read_study(written()))
    finder = StudyFinder(Path("runs"))
    assert not find(finder=finder)[0].has_changed
    written(sweep=SWEEP.replace("64, 128", "64"))
    assert find(finder=finder)[0].has_changed


def test_an_error_in_a_file_is_one_line_with_its_number(written: Written) -> None:
    written('images = ["pictures"]\nsamples = 3')
    [known] = find()
    assert known.study is None
    assert "small.toml, line 2: unknown key 'samples'" in known.problem
    assert "\n" not in known.problem


def test_what_was_run_is_known_without_its_file(written: Written) -> None:
    file = written()
    submitted(read_study(file))
    file.unlink()
    [known] = find()
    assert known.problem == f"{file} is gone: this is what was run from it"
    assert (known.file, known.name, known.study) == (file, "small", None)
    assert known.manifest is not None


def test_a_file_that_is_spoilt_after_a_run_is_listed_once(written: Written) -> None:
    submitted(read_study(written()))
    written("images = [")
    [known] = find()
    assert "small.toml, line" in known.problem
    assert known.manifest is not None


def test_what_was_run_in_another_group_is_listed_beside(written: Written) -> None:
    submitted(read_study(written()))
    file = written('group = "other"\nimages = ["pictures"]\nmetrics = []')
    other, small = sorted(find(), key=lambda known: known.problem)
    assert other.folder == file.parent / "runs" / "other"
    assert "computes" in small.problem
    assert small.manifest is not None


def test_a_damaged_record_of_a_run_is_told(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    manifest.manifest_file(study).write_text("{")
    [known] = find()
    assert "is not readable" in known.problem
    assert known.study is not None


def test_recent_files_are_found_wherever_they_are(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written('runs = "runs"\nimages = ["pictures"]')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    runs = tmp_path / "far" / "away" / "runs"
    assert find(runs) == []
    remember_recent(file)
    remember_recent(tmp_path / "gone.toml")
    assert [(known.file, known.is_elsewhere) for known in find(runs)] == [(file, True)]
    monkeypatch.chdir(tmp_path)
    assert [known.is_elsewhere for known in find()] == [False]


def test_a_runs_folder_behind_a_link_is_the_same(written: Written, tmp_path: Path) -> None:
    submitted(read_study(written()))
    (tmp_path / "link").symlink_to(tmp_path / "runs")
    assert len(find(tmp_path / "link")) == 1
