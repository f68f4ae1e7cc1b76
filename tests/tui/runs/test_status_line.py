"""The texts of the status lines."""

from dataclasses import replace
from pathlib import Path

import pytest

from riptui.store.trajectory import Status
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import Worker, list_workers, register
from riptui.tui.runs.scanner import TreeEntry
from riptui.tui.runs.status_line import format_counts, format_progress
from riptui.tui.runs.tree_model import GroupTotals
from riptui.worker.loop import new_worker_record

WORKING = WorkerStatus(when=1.0, state="working", jobs=(WorkerJob("a/one", 100, 1600),), rate=2.5)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:
        entry.publish(WORKING)
        [found] = list_workers(tmp_path)
        return found


def test_the_time_that_is_left_is_a_duration(worker: Worker) -> None:
    assert format_progress([worker], "a/one", 80).plain == "one  iteration 101/1600  2.5 it/s  10 min left"


def test_the_time_of_the_whole_queue_stands_behind_what_waits() -> None:
    totals = GroupTotals([Status.RUNNING, Status.QUEUED, Status.PAUSED, Status.DONE])
    counts = format_counts(totals, seconds_left=620.0).plain
    assert counts == "● 1 running  ○ 1 queued  10 min left  ‖ 1 paused  ✓ 1 done"
    assert "left" not in format_counts(totals).plain


def test_what_a_person_stopped_is_counted_apart_from_what_died() -> None:
    died = TreeEntry("a/one", Status.INTERRUPTED)
    stopped = [TreeEntry(path, Status.INTERRUPTED, was_stopped=True) for path in ("a/two", "a/three")]
    totals = GroupTotals(entry.counted_as for entry in (died, *stopped))
    assert format_counts(totals).plain == "◼ 1 interrupted  ◼ 2 stopped"
    totals[died.counted_as] -= 1
    assert format_counts(totals).plain == "◼ 2 stopped"


def test_what_a_silent_worker_computes_is_not_counted_as_running(worker: Worker) -> None:
    totals = GroupTotals([Status.RUNNING])
    assert format_counts(totals, [replace(worker, silent=45)]).plain == "1 without a sign"
