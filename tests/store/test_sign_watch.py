"""Workers that give no sign, by the watcher's own clock and by that of the file system."""

import os
import time
from pathlib import Path

import msgspec
import pytest

from riptui.cli.study.status import print_progress
from riptui.store import sign_watch
from riptui.store.sign_watch import SignWatch, watch_once
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import LIVE_FILE, Registration, list_workers, register
from riptui.supervision.client import matches
from riptui.supervision.progress import StudyProgress
from riptui.tui.runs.status_line import format_progress
from riptui.worker.loop import new_worker_record
from tests.support.command import riptui

WORKING = WorkerStatus(when=1.0, state="working", jobs=(WorkerJob("a/one", 3, 16),), rate=25.5)


def age(entry: Registration, seconds: float) -> None:
    """As if live.json had been written so long ago."""
    now = time.time()
    os.utime(entry.path / LIVE_FILE, (now - seconds, now - seconds))


def test_one_look_tells_how_long_the_file_has_not_changed(tmp_path: Path) -> None:
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:
        entry.publish(WORKING)
        [worker] = watch_once(list_workers(tmp_path))
        assert worker.silent == 0
        age(entry, 47.0)
        [worker] = watch_once(list_workers(tmp_path))
        assert worker.silent == 45
        assert not matches(worker, WorkerOptions())
        shown = riptui("ps", "--runs", tmp_path).out
        assert "no sign for 45 s · working" in shown
        assert "it/s" not in shown
        assert '"silent": 45' in riptui("ps", "--runs", tmp_path, "--json").out
    assert [path.name for path in tmp_path.iterdir()] == [".riptui"]


def test_the_worker_s_clock_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system whose time is an hour ahead, and a live.json that says it was written in 1970."""
    now = time.time()
    monkeypatch.setattr(sign_watch, "file_system_time", lambda folder, device: now + 3600.0)
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:
        entry.publish(WORKING)
        age(entry, -3590.0)
        assert watch_once(list_workers(tmp_path))[0].silent == 0
        age(entry, -3538.0)
        assert watch_once(list_workers(tmp_path))[0].silent == 60


def test_who_keeps_watching_counts_by_their_own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(sign_watch.time, "monotonic", lambda: clock[0])
    watch = SignWatch()
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:
        entry.publish(WORKING)

        def silent_after(seconds: float) -> int:
            clock[0] += seconds
            return watch.watch(list_workers(tmp_path))[0].silent

        assert [silent_after(0.0), silent_after(29.0), silent_after(17.0), silent_after(5.0)] == [0, 0, 45, 50]
        entry.publish(msgspec.structs.replace(WORKING, when=3.0))
        assert [silent_after(1.0), silent_after(20.0)] == [0, 0]


def test_a_worker_says_itself_that_it_waits_for_a_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:
        entry.publish(msgspec.structs.replace(WORKING, still=63))
        [worker] = watch_once(list_workers(tmp_path))
        assert worker.silent == 60
        line = format_progress([worker], "a/one", 140).plain
        assert "one  iteration 4/16" in line
        assert line.endswith("no sign for 60 s")
        assert "no sign for 60 s" in format_progress([worker], "", 140).plain
        progress = StudyProgress(16, 3, {"running": 1}, {}, (worker,))
        assert progress.rate == 0.0
        print_progress(progress)
        assert "working  no sign for 60 s  1 running" in capsys.readouterr().out
