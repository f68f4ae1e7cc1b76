"""The words for a study: its state, its workers, its line in the list."""

from pathlib import Path

import pytest

from riptui.store.worker_record import WorkerRecord
from riptui.store.worker_registry import Worker
from riptui.study.known_studies import KnownStudy
from riptui.study.manifest import Manifest, SourceRecord
from riptui.supervision.progress import StudyProgress
from riptui.tui.studies.study_reader import StudyState, describe_state
from riptui.tui.studies.study_texts import describe_workers, head_lines, list_lines, percent_done, report_lines


def state(
    counts: dict[str, int], *, expected: int = 4, done: int = 0, at_work: bool = False, name: str = "a"
) -> StudyState:
    paths = {f"{number}/m64-s0": 10 for number in range(sum(counts.values()))}
    record = Manifest("/x/a.toml", "", expected, (SourceRecord("x.png", "0" * 64, 1, 1, trajectories=paths),))
    known = KnownStudy(Path(f"/{name}/a.toml"), Path("/x/runs"), manifest_file=Path("/x/a.study.json"), manifest=record)
    return StudyState(known, StudyProgress(10 * len(paths), done, counts, {}), at_work)


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({"running": 1, "queued": 2, "failed": 1}, "running"),
        ({"queued": 4}, "no worker"),
        ({"paused": 1, "done": 3}, "paused"),
        ({"interrupted": 1, "done": 3}, "stopped"),
        ({"failed": 1, "done": 3}, "1 failed"),
        ({"skipped": 2, "done": 2}, "2 failed"),
        ({"done": 3}, "incomplete"),
        ({"missing": 1, "done": 3}, "1 missing"),
        ({"done": 4}, "done"),
    ],
)
def test_the_state_in_a_word(counts: dict[str, int], word: str) -> None:
    assert describe_state(state(counts))[1] == word


def test_the_state_of_what_was_never_run() -> None:
    fresh = KnownStudy(Path("/x/a.toml"), Path("/x/runs"))
    assert describe_state(StudyState(fresh)) == ("", "not started")
    assert describe_state(StudyState(fresh, at_work=True))[1] == "starting"
    assert describe_state(StudyState(KnownStudy(Path("a"), Path("b"), problem="no")))[1] == "error in the file"
    assert describe_state(state({"queued": 2}, at_work=True))[1] == "starting"


def test_what_is_to_be_created_counts_as_not_done() -> None:
    assert percent_done(state({"done": 2}, expected=4, done=20)) == 50
    assert percent_done(state({"done": 4}, expected=4, done=40)) == 100


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
    lines = list_lines([state({"done": 4}, name="one"), state({"done": 4}, name="two")], 30)
    assert [line.plain.split() for line in lines] == [["✓", "a", "(one)", "done"], ["✓", "a", "(two)", "done"]]
    [line] = list_lines([state({"running": 1}, expected=1, done=5)], 20)
    assert line.plain == "● a" + " " * 12 + "50 %  running"


def test_why_the_last_start_failed_is_told_until_it_goes_on() -> None:
    log = "4 pictures prepared\nerror: no weights: riptui fetch sd2\n"
    last = "when it was last computed here: no weights: riptui fetch sd2"
    assert head_lines(state({"queued": 4}), str, log)[2].plain == "○ 4 queued"
    assert head_lines(state({"interrupted": 4}), str, log)[2].plain == f"{last}\n◼ 4 interrupted"
    assert head_lines(state({"done": 4}), str, log)[2].plain == "✓ 4 done"


def test_what_is_hostile_in_a_problem_is_not_printed() -> None:
    known = KnownStudy(Path("/x/a\x1b[31m.toml"), Path("/x"), problem="bad \x1b]0;title\x07 here")
    assert not any("\x1b" in line.plain for line in head_lines(StudyState(known), str))


def test_texts_name_the_users_keys() -> None:
    keys = {"studies.compute": "f9", "studies.report": "f8"}
    fresh = StudyState(KnownStudy(Path("/x/a.toml"), Path("/x/runs")))
    assert head_lines(fresh, keys.__getitem__)[1].plain == "f9 computes it on this machine, in the background"
    [line, *_] = report_lines(fresh, None, "drawing", keys["studies.report"])
    assert line.plain.endswith("f8 gives it up")
