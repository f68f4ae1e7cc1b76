"""The processes of the studies: what outlives the app, and what does not."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui.supervision.study_process import is_at_work, start_study
from riptui.tui.studies.study_jobs import StudyJobs
from tests.support.studies_app import stand_in


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_leaving_ends_a_report_and_leaves_the_computing_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[object] = []
    jobs, file = StudyJobs(tmp_path / "runs", told.append), tmp_path / "a b.toml"
    with stand_in('case "$2" in run) while [ ! -e stop ]; do sleep 0.02; done;; report) exec sleep 60;; esac'):
        jobs.compute(file)
        jobs.write_report(file)
        jobs.write_report(file)
        assert jobs.report_progress(file) is not None
        lines = jobs.close()
    assert lines == [
        "study a b goes on in the background; its progress: riptui study status 'a b.toml'",
        "  pause it: riptui study pause 'a b.toml'    stop it: riptui study stop 'a b.toml'",
        "the report of a b was not finished: riptui study report 'a b.toml'",
    ]
    wait_for(lambda: told)
    assert told == [StudyJobs.ReportEnded(file, "exit code -15", cancelled=True)]
    assert jobs.report_progress(file) is None
    assert is_at_work(file)
    (tmp_path / "stop").touch()
    wait_for(lambda: len(told) == 2)
    assert told[1] == StudyJobs.ComputingEnded(file, failed=False, text="", expected=False)
    assert jobs.close() == []


def test_why_a_report_was_not_written_is_told_in_a_line(tmp_path: Path) -> None:
    told: list[object] = []
    with stand_in("echo 'warning: old'>&2; echo 'error: matplotlib is missing: pip install' >&2; exit 2"):
        StudyJobs(tmp_path, told.append).write_report(tmp_path / "a.toml")
        wait_for(lambda: told)
    assert told == [StudyJobs.ReportEnded(tmp_path / "a.toml", "matplotlib is missing: pip install", cancelled=False)]


def test_what_another_app_computes_is_not_this_ones_to_tell(tmp_path: Path) -> None:
    with stand_in("sleep 60"):
        process = start_study(tmp_path / "a.toml", tmp_path)
    try:
        assert StudyJobs(tmp_path, print).close() == []
        assert is_at_work(tmp_path / "a.toml")
    finally:
        process.kill()
        process.wait()
