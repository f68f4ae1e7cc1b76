"""The thread that looks at the runs folder and its workers, and posts what is new."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from textual.message import Message

from riptui.store.workers import Worker, registered
from riptui.tui.runs.shelf import Change, Shelf

WORKERS_EVERY = 1.0  # seconds; a worker's own news come five times a second, too many for a slow line


@dataclass
class Looked(Message):
    """Something on disk is new."""

    change: Change


@dataclass
class WorkersLooked(Message):
    """Who computes, and what; only if it is not what was told last."""

    workers: tuple[Worker, ...]
    died: tuple[Worker, ...] = ()
    """Those that lived at the look before, and ended without taking leave."""


class Watch:
    """Looks `refresh` times a second until it is closed."""

    def __init__(self, runs: Path, post: Callable[[Message], object], refresh: float) -> None:
        self._shelf = Shelf(runs)
        self._post = post
        self._interval = 1 / refresh
        self._closed = Event()
        self._workers: tuple[Worker, ...] = ()
        self._looked = 0.0
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        told = looked = False
        while not self._closed.is_set():
            for change in self._shelf.look():
                if self._closed.is_set():
                    return
                if change or not told:  # the first also where there is nothing, or nobody would know
                    self._post(Looked(change))
                    told = True
            if not looked:
                gc.freeze()  # ten thousand entries, looked through for garbage, would be a pause of 60 ms now and then
                looked = True
            self._look_at_workers()
            self._closed.wait(self._interval)

    def _look_at_workers(self) -> None:
        now = time.monotonic()
        if now - self._looked < WORKERS_EVERY:
            return
        self._looked = now
        found = registered(self._shelf.runs)
        living = tuple(worker for worker in found if worker.alive)
        names = {worker.record.id for worker in living}
        died = tuple(one for one in self._workers if one.record.id not in names and not one.leaving)
        if living != self._workers:
            self._post(WorkersLooked(living, died))
        self._workers = living
