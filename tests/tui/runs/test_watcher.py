"""The thread that polls the runs folder: what it gives the first paint, and what it posts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from textual.message import Message

from riptui.tui.runs import watcher
from riptui.tui.runs.scanner import RunsScanner, ScanResult, TreeEntry
from riptui.tui.runs.watcher import RunsChanged, RunsWatcher
from tests.support.command import wait_until

FIRST, SECOND = ScanResult([TreeEntry("a")]), ScanResult([TreeEntry("b")])


@contextmanager
def watching(runs: Path) -> Iterator[SimpleNamespace]:
    posted: list[Message] = []
    runs_watcher = RunsWatcher(runs, posted.append, 10.0, "")
    runs_watcher.start()
    try:
        yield SimpleNamespace(watcher=runs_watcher, posted=posted)
    finally:
        runs_watcher.close()


async def test_the_first_rows_are_not_posted_and_nothing_is_read_before_they_are_painted(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunsScanner, "scan", lambda scanner: iter([FIRST, SECOND]))
    monkeypatch.setattr(watcher, "PAINT_SECONDS", 1000.0)
    with watching(runs) as seen:
        assert await seen.watcher.read_first(1000.0) == RunsChanged(FIRST)
        assert seen.posted == []
        seen.watcher.go_on()
        wait_until(lambda: seen.posted[:1] == [RunsChanged(SECOND)])


async def test_first_rows_that_come_late_are_posted(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Event()

    def scan(scanner: RunsScanner) -> Iterator[ScanResult]:
        answers.wait()
        yield FIRST

    monkeypatch.setattr(RunsScanner, "scan", scan)
    with watching(runs) as seen:
        assert await seen.watcher.read_first(0.001) is None
        answers.set()
        wait_until(lambda: seen.posted[:1] == [RunsChanged(FIRST)])
