"""The processes of the studies: what outlives the app, and what does not."""

import threading
from pathlib import Path

import pytest

from riptui.supervision.study_process import is_at_work, start_study
from riptui.tui.studies.study_jobs import StudyJobs
from tests.support.studies_app import stand_in


class Toasts(list[str]):
    """What is told, behind its severity."""

    def show(self, text: str, *, severity: str = "information", timeout: int = 5) -> None:
        assert timeout in {5, 10}
        self.append(f"{severity}: {text}")


def wait_for_the_threads() -> None:
    for thread in threading.enumerate():
        if thread.name in {"study", "report"}:
            thread.join(60)
            assert not thread.is_alive()


def test_leaving_ends_a_report_and_leaves_the_computing_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = Toasts()
    jobs, file = StudyJobs(tmp_path / "runs", told.show), tmp_path / "a b.toml"
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
    assert jobs.report_progress(file) is None
    assert is_at_work(file)
    (tmp_path / "stop").touch()
    wait_for_the_threads()
    assert told == ["information: study a b: "]  # nothing of the report
    assert jobs.close() == []


@pytest.mark.parametrize(("code", "expected"), [(0, []), (3, ["error: study a: no disk"])])
def test_what_was_halted_here_is_told_only_if_it_failed(
    code: int, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    jobs, file = StudyJobs(tmp_path, (told := Toasts()).show), tmp_path / "a.toml"
    with stand_in(f"while [ ! -e stop ]; do sleep 0.02; done; echo 'error: no disk' >&2; exit {code}"):
        jobs.compute(file)
        jobs.expect_end(file)
        (tmp_path / "stop").touch()
        wait_for_the_threads()
    assert told == expected


def test_why_a_report_was_not_written_is_told_in_a_line(tmp_path: Path) -> None:
    told = Toasts()
    with stand_in("echo 'warning: old'>&2; echo 'error: matplotlib is missing: pip install' >&2; exit 2"):
        StudyJobs(tmp_path, told.show).write_report(tmp_path / "a.toml")
        wait_for_the_threads()
    assert told == ["error: the report of a was not written: matplotlib is missing: pip install"]


def test_that_a_report_is_written_is_told(tmp_path: Path) -> None:
    told = Toasts()
    with stand_in("exit 0"):
        StudyJobs(tmp_path, told.show).write_report(tmp_path / "a.toml")
        wait_for_the_threads()
    assert told == ["information: the report of a is written"]


def test_what_another_app_computes_is_not_this_ones_to_tell(tmp_path: Path) -> None:
    with stand_in("sleep 60"):
        process = start_study(tmp_path / "a.toml", tmp_path)
    try:
        assert StudyJobs(tmp_path, print).close() == []
        assert is_at_work(tmp_path / "a.toml")
    finally:
        process.kill()
        process.wait()
