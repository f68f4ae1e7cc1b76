"""A thread that polls the runs folder and its workers, and posts changes."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from textual.message import Message

from riptui.store.sign_watch import SignWatch
from riptui.store.worker_registry import Worker, list_workers
from riptui.tui.runs.scanner import RunsScanner, ScanResult

PAINT_SECONDS = 0.5  # for the first rows at most, in which nothing else is read: one thread would hold up the other
WORKERS_POLL_SECONDS = 1.0  # workers write five times per second, too often for a slow line


@dataclass
class RunsChanged(Message):
    scan: ScanResult


@dataclass
class WorkersChanged(Message):
    """The live workers and their work, posted when it differs from the last message."""

    workers: tuple[Worker, ...]
    died: tuple[Worker, ...] = ()  # workers that ended since the last poll without shutting down in order
    ended: tuple[Worker, ...] = ()  # all that ended and have a folder yet, the newest first


class RunsWatcher:
    """Polls `refresh` times per second until it is closed. metric: the one to chart where it was measured."""

    def __init__(self, runs: Path, post_message: Callable[[Message], object], refresh: float, metric: str) -> None:
        self._scanner = RunsScanner(runs, metric)
        self._post_message = post_message
        self._interval = 1 / refresh
        self._closed = Event()
        self._woken = Event()
        self._first: Future[RunsChanged] = Future()
        self._painted = Event()
        self._workers: tuple[Worker, ...] = ()
        self._ended: tuple[Worker, ...] = ()
        self._signs = SignWatch()
        self._last_workers_poll = 0.0
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def read_first(self, seconds: float) -> RunsChanged | None:
        """What the first look found, if it takes no longer; else None, and it is posted as all others are."""
        found, _ = await asyncio.wait([asyncio.wrap_future(self._first)], timeout=seconds)
        if found:
            return self._first.result()
        self._first.add_done_callback(lambda first: self._post_message(first.result()))
        return None

    def go_on(self) -> None:
        """Read on after the first rows: they are on the screen."""
        self._painted.set()

    def show(self, path: str) -> None:
        """Look at this trajectory in each scan."""
        self._scanner.shown = path

    def look_again(self, paths: Iterable[str]) -> None:
        """Look at these now: something has just been done to them."""
        self._scanner.look_again(paths)
        self._woken.set()

    def close(self) -> None:
        self._closed.set()
        self._painted.set()
        self._woken.set()

    def _run(self) -> None:
        scanned_once = False
        while not self._closed.is_set():
            for scan in self._scanner.scan():
                if self._closed.is_set():
                    return
                if not self._first.done():  # an empty one too: it ends "reading …"
                    self._first.set_result(RunsChanged(scan))
                    self._painted.wait(PAINT_SECONDS)
                elif scan:
                    self._post_message(RunsChanged(scan))
            if not scanned_once:
                gc.freeze()  # collecting garbage among 10,000 entries would pause the app for 60 ms
                scanned_once = True
            self._poll_workers()
            self._woken.wait(self._interval)
            self._woken.clear()

    def _poll_workers(self) -> None:
        now = time.monotonic()
        if now - self._last_workers_poll < WORKERS_POLL_SECONDS:
            return
        self._last_workers_poll = now
        workers = list_workers(self._scanner.runs)
        living = tuple(self._signs.watch([worker for worker in workers if worker.alive]))
        previous_ids = {worker.record.id for worker in self._workers}
        gone = [worker for worker in workers if not worker.alive and not worker.leaving]
        died = tuple(worker for worker in gone if worker.record.id in previous_ids)
        ended = tuple(worker for worker in reversed(workers) if not worker.alive)
        if (living, ended) != (self._workers, self._ended):
            self._post_message(WorkersChanged(living, died, ended))
        self._workers, self._ended = living, ended
