"""How a study that runs is shown: one bar on a terminal, a line now and then elsewhere, JSON lines, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from riptui.cli.console import complain, emit, note, out, passing, say
from riptui.study.progress import Progress as Far
from riptui.terminal import printable
from riptui.wording import lasting

QUIET = 10.0  # seconds between two plain lines
OFTEN = 2.0  # between two JSON objects
WIDE = 100  # columns; below, the numbers need the room of the bar
TOLD = 10  # failures that are told one by one; beyond, `riptui study status` lists them


class Board(Protocol):
    def submitted(self, path: str, trajectories: int, made: int, place: int, of: int) -> None:
        """A picture's trajectories are there."""

    def skipped(self, path: str, reason: str) -> None: ...

    def far(self, far: Far) -> None:
        """How far it is, as often as anybody looked."""

    def failed(self, place: str, reason: str) -> None: ...

    def said(self, text: str) -> None:
        """Something to know that is no failure."""


@contextmanager
def open_board(kind: str) -> Iterator[Board]:
    if kind == "auto":
        kind = "rich" if out.is_terminal else "plain"
    if kind == "rich":
        bar = [BarColumn(bar_width=24)] if out.width >= WIDE else []
        with passing(*bar, TextColumn("{task.description}")) as bars:
            yield Bar(bars)
    else:
        yield Nothing() if kind == "none" else Json() if kind == "json" else Plain()


class Nothing:
    """Only what is wrong."""

    def __init__(self) -> None:
        self._failures = 0

    def submitted(self, path: str, trajectories: int, made: int, place: int, of: int) -> None:
        return

    def skipped(self, path: str, reason: str) -> None:
        complain(f"left out: {reason}")

    def far(self, far: Far) -> None:
        return

    def failed(self, place: str, reason: str) -> None:
        self._failures += 1
        if self._failures <= TOLD:
            complain(f"{place}: {reason}")
        elif self._failures == TOLD + 1:
            note("more failed; riptui study status lists them all")

    def said(self, text: str) -> None:
        return


class Plain(Nothing):
    """A line at least every ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._spoke = time.monotonic()
        self._last = ""

    def submitted(self, path: str, trajectories: int, made: int, place: int, of: int) -> None:
        if place == of or time.monotonic() - self._spoke > QUIET:
            self._say(f"{place} of {of} pictures prepared")

    def far(self, far: Far) -> None:
        if time.monotonic() - self._spoke > QUIET or not under_way(far.statuses):
            self._say(line(far))

    def said(self, text: str) -> None:
        note(text)

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        if text != self._last:
            say(text)
            out.file.flush()
        self._last = text


class Bar(Nothing):
    def __init__(self, bars: Progress) -> None:
        super().__init__()
        self._bars = bars
        self._preparing: TaskID | None = bars.add_task("pictures", total=1)
        self._computing: TaskID | None = None

    def submitted(self, path: str, trajectories: int, made: int, place: int, of: int) -> None:
        if self._preparing is not None:
            self._bars.update(self._preparing, completed=place, total=of, description=f"{place} of {of} pictures")

    def far(self, far: Far) -> None:
        if self._preparing is not None:
            self._bars.remove_task(self._preparing)
            self._preparing = None
        if self._computing is None:
            self._computing = self._bars.add_task("")
        self._bars.update(self._computing, completed=far.done, total=far.iterations, description=line(far))
        if not under_way(far.statuses):
            say(line(far))

    def said(self, text: str) -> None:
        note(text)


class Json:
    """An object for every picture and failure, and one every two seconds for how far it is."""

    def __init__(self) -> None:
        self._spoke = 0.0

    def submitted(self, path: str, trajectories: int, made: int, place: int, of: int) -> None:
        emit({"event": "submitted", "picture": path, "trajectories": trajectories, "made": made})

    def skipped(self, path: str, reason: str) -> None:
        emit({"event": "skipped", "picture": path, "reason": reason})

    def far(self, far: Far) -> None:
        if time.monotonic() - self._spoke > OFTEN or not under_way(far.statuses):
            self._spoke = time.monotonic()
            emit({"event": "progress", **as_dict(far)})

    def failed(self, place: str, reason: str) -> None:
        emit({"event": "failed", "trajectory": place, "error": reason})

    def said(self, text: str) -> None:
        emit({"event": "noted", "text": text})


def line(far: Far) -> str:
    """How far it is, for people, what matters most first. Safe to print."""
    parts = [f"{100 * far.done / far.iterations:.0f} %" if far.iterations else "0 %"]
    if far.seconds_left is not None:
        parts.append(f"{lasting(far.seconds_left)} left")
    if far.rate:
        parts.append(pace(far.rate))
    parts.append(", ".join(f"{count:,} {status}" for status, count in far.statuses.items()))
    return printable("  ".join(parts))


def pace(rate: float) -> str:
    """Iterations a second, or seconds an iteration where that says more."""
    return f"{rate:.1f} it/s" if rate >= 1 else f"{1 / rate:.1f} s/it" if rate else "0 it/s"


def under_way(statuses: Mapping[str, int]) -> int:
    """Trajectories that workers are at or will take."""
    return statuses.get("running", 0) + statuses.get("queued", 0)


def as_dict(far: Far) -> dict[str, Any]:
    """For scripts."""
    return {
        "iterations": far.iterations,
        "done": far.done,
        "statuses": dict(far.statuses),
        "rate": round(far.rate, 3),
        "seconds_left": far.seconds_left,
        "workers": [
            {
                "id": worker.record.id,
                "device": worker.record.device,
                "state": worker.live.state if worker.live else "starting",
                "rate": worker.live.rate if worker.live else 0.0,
                "trajectories": [job.path for job in worker.live.jobs] if worker.live else [],
            }
            for worker in far.workers
        ],
    }
