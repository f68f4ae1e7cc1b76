"""The words for a study: its workers, its line in the list, what is wrong."""

from pathlib import Path

import pytest

from riptui.store.worker_record import WorkerRecord
from riptui.store.worker_registry import Worker
from riptui.study.known_studies import KnownStudy
from riptui.study.study_state import StudyState
from riptui.tui.studies.study_texts import describe_workers, head_lines, list_lines, report_lines
from tests.support.study_states import make_state


def worker(host: str, *, slurm_job: str = "", study: str = "") -> Worker:
    record = WorkerRecord(
        id="w", pid=1, host=host, started="", version="0", slurm_job=slurm_job, study=study, device="cuda:0"
    )
    return Worker(record, None, alive=True, folder=Path("/x"))


def test_workers_are_counted_by_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "is_here", property(lambda self: self.record.host == "me"))
    found = (worker("me"), worker("me"), worker("node7", slurm_job="12_1"), worker("node7", slurm_job="12_2"))
    assert describe_workers(found) == "2 workers here, 2 workers on node7 (SLURM job 12)"
    assert describe_workers((worker("node8", study="a"),)) == "1 worker on node8 (Ray)"
    many = tuple(worker(f"node{number}") for number in range(9))
    assert describe_workers(many).endswith("1 worker on node2, 6 elsewhere")


def test_studies_of_one_name_are_told_apart_and_long_names_are_cut() -> None:
    lines = list_lines([make_state({"done": 4}, name="one"), make_state({"done": 4}, name="two")], 30)
    assert [line.plain.split() for line in lines] == [["✓", "a", "(one)", "done"], ["✓", "a", "(two)", "done"]]
    [line] = list_lines([make_state({"running": 1}, expected=1, done=5)], 20)
    assert line.plain == "● a" + " " * 12 + "50 %  running"


def test_why_the_last_start_failed_is_told_until_it_goes_on() -> None:
    log = "4 pictures prepared\nerror: no weights: riptui fetch sd2\n"
    last = "when it was last computed here: no weights: riptui fetch sd2"
    assert head_lines(make_state({"queued": 4}), str, log)[2].plain == "○ 4 queued"
    assert head_lines(make_state({"interrupted": 4}), str, log)[2].plain == f"{last}\n◼ 4 stopped"
    assert head_lines(make_state({"done": 4}), str, log)[2].plain == "✓ 4 done"


def test_what_is_hostile_in_a_problem_is_not_printed() -> None:
    known = KnownStudy(Path("/x/a\x1b[31m.toml"), Path("/x"), problem="bad \x1b]0;title\x07 here")
    assert not any("\x1b" in line.plain for line in head_lines(StudyState(known), str))


def test_texts_name_the_users_keys() -> None:
    keys = {"studies.compute": "f9", "studies.report": "f8"}
    fresh = StudyState(KnownStudy(Path("/x/a.toml"), Path("/x/runs")))
    assert head_lines(fresh, keys.__getitem__)[1].plain == "f9 computes it on this machine, in the background"
    [line, *_] = report_lines(fresh, None, "drawing", keys["studies.report"])
    assert line.plain.endswith("f8 gives it up")
