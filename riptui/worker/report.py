"""What a worker tells of itself: live.json, kept fresh by a thread, and a log that stays small."""

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

import msgspec

from riptui.engine import Bench
from riptui.store.workers import Job, Live, Registration, State
from riptui.worker.gauges import Gauges
from riptui.worker.inbox import Inbox
from riptui.worker.queue import Queue

OFTEN = 0.2  # seconds; what changes is told so often at most
SELDOM = 2.0  # seconds; and when nothing does, so that readers see that it has not come to a halt
MINUTE = 60.0
LOG_LIMIT = 2**23  # bytes; beyond, the log is cut to
LOG_KEPT = 2**20


class Report:
    """A context. `phase` is what the worker knows of itself; the rest is looked up."""

    def __init__(
        self, entry: Registration, runs: Path, bench: Bench, queue: Queue | Inbox, should_stop: Callable[[], bool]
    ) -> None:
        self.phase: State = "starting"
        self.inpainter = ""
        """The one of the trajectory that was taken last."""
        self.gauges = Gauges(entry.record.device)
        self._entry, self._runs, self._bench, self._queue = entry, runs.resolve(), bench, queue
        self._should_stop = should_stop
        self._steps: tuple[int, int, int] = 0, 0, 0
        self._committed: deque[float] = deque()
        self._last = Live(0.0)
        self._telling = Lock()
        self._end = Event()
        self._thread = Thread(target=self._loop, daemon=True, name="report")

    def __enter__(self) -> Self:
        self.tell()
        self.gauges.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self.gauges.__exit__()
        self.phase = "leaving"
        self.tell()

    def step(self, step: int, steps: int) -> None:
        """An OnStep."""
        self._steps = self._done(), step, steps

    def iterated(self) -> None:
        """An iteration was committed."""
        self._committed.append(time.monotonic())
        self.gauges.look()

    def tell(self) -> None:
        """Write live.json now, if it says anything new."""
        with self._telling:
            live = self._live()
            if (
                msgspec.structs.replace(live, when=self._last.when) != self._last
                or live.when - self._last.when > SELDOM
            ):
                self._entry.tell(live)
                self._last = live

    def _loop(self) -> None:
        while not self._end.wait(OFTEN):
            self.tell()
            _cut(self._entry.log)

    def _live(self) -> Live:
        dismissed = self._should_stop()
        jobs = self._jobs()
        state = self.phase
        if state == "working" and not jobs and self._bench.loaded is None:
            state = "loading"
        memory = self.gauges.memory or (None, None)
        return Live(
            when=time.time(),
            state="leaving" if dismissed else state,
            inpainter=self.inpainter,
            jobs=jobs,
            rate=self._rate(),
            queued=len(self._queue),
            memory_used=memory[0],
            memory_total=memory[1],
            device=self._bench.device,
            load=self.gauges.load,
            dismissed=dismissed,
        )

    def _jobs(self) -> tuple[Job, ...]:
        done, step, steps = self._steps
        if done != self._done():  # the steps were of an iteration that is over
            step, steps = 0, 0
        return tuple(
            Job(os.path.relpath(trajectory.path, self._runs), k, iterations, step, steps)
            for trajectory, k, iterations in self._bench.under_way
        )

    def _done(self) -> int:
        return sum(k for _, k, _ in self._bench.under_way)

    def _rate(self) -> float:
        """Iterations a second over the last minute, or as long as there have been any."""
        now = time.monotonic()
        while self._committed and now - self._committed[0] > MINUTE:
            self._committed.popleft()
        count = len(self._committed)
        return round((count - 1) / (self._committed[-1] - self._committed[0]), 3) if count > 1 else 0.0


def _cut(log: Path) -> None:
    """Drop the oldest of a log that has become too long; whoever appends to it goes on at its end."""
    try:
        if log.stat().st_size > LOG_LIMIT:
            with log.open("rb+") as file:
                file.seek(-LOG_KEPT, os.SEEK_END)
                kept = file.read().partition(b"\n")[2]
                file.seek(0)
                file.truncate()
                file.write(b"... what came before was cut\n" + kept)
    except OSError:
        return
