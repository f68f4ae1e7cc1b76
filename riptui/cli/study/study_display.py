"""Displays of a running study: one bar on a terminal, plain lines elsewhere, JSON lines, or nothing."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from rich.progress import BarColumn, Progress, TextColumn

from riptui.cli.console import out, print_error, print_json, print_line, warn
from riptui.cli.transient_progress import transient_progress
from riptui.store.sign_watch import find_silent
from riptui.supervision.progress import StudyProgress, status_word, worker_rate
from riptui.text.terminal import printable
from riptui.text.units import format_duration, format_rate

MAX_SILENCE_SECONDS = 10.0  # between two plain lines
JSON_INTERVAL_SECONDS = 2.0  # between two JSON objects
MIN_BAR_COLUMNS = 100  # below that the numbers need the room
MAX_FAILURES_PRINTED = 10  # `riptui study status` lists more

StudyOutcome = Literal["done", "incomplete", "stopped"]
"""How it ended: all is done; something failed or was left out; or by Ctrl-C."""


@contextmanager
def open_study_display(kind: str) -> "Iterator[StudyDisplay]":
    if kind == "auto":
        kind = "rich" if out.is_terminal else "plain"
    if kind == "rich":
        bar = [BarColumn(bar_width=24)] if out.width >= MIN_BAR_COLUMNS else []
        with transient_progress(*bar, TextColumn("{task.description}")) as bars:
            yield BarStudyDisplay(bars)
    else:
        yield StudyDisplay() if kind == "none" else JsonStudyDisplay() if kind == "json" else PlainStudyDisplay()


class StudyDisplay:
    """Prints only errors."""

    def __init__(self) -> None:
        self._failures = 0

    def submitted(self, path: str, trajectories: int, made: int, position: int, total: int) -> None:
        """The trajectories of a picture were created."""

    def skipped(self, path: str, reason: str) -> None:
        print_error(f"left out: {reason}")

    def progress(self, progress: StudyProgress) -> None:
        """The current progress, at each poll."""

    def ended(self, outcome: StudyOutcome, progress: StudyProgress) -> None:
        """Nothing more is watched."""

    def failed(self, relative_path: str, reason: str) -> None:
        self._failures += 1
        if self._failures <= MAX_FAILURES_PRINTED:
            print_error(f"{relative_path}: {reason}")
        elif self._failures == MAX_FAILURES_PRINTED + 1:
            warn("more trajectories failed; see riptui study status")

    def notice(self, text: str) -> None:
        """A message that is not a failure."""


class PlainStudyDisplay(StudyDisplay):
    """A line at least every ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last_output = time.monotonic()
        self._last_text = ""

    def submitted(self, path: str, trajectories: int, made: int, position: int, total: int) -> None:
        if position == total or time.monotonic() - self._last_output > MAX_SILENCE_SECONDS:
            self._print(f"{position} of {total} pictures prepared")

    def progress(self, progress: StudyProgress) -> None:
        if time.monotonic() - self._last_output > MAX_SILENCE_SECONDS or not count_active(progress.statuses):
            self._print(format_progress(progress))

    def notice(self, text: str) -> None:
        warn(text)

    def _print(self, text: str) -> None:
        self._last_output = time.monotonic()
        if text != self._last_text:
            print_line(text)
            out.file.flush()
        self._last_text = text


class BarStudyDisplay(StudyDisplay):
    def __init__(self, bars: Progress) -> None:
        super().__init__()
        self._bars = bars
        self._task = bars.add_task("pictures", total=1)
        self._is_preparing = True

    def submitted(self, path: str, trajectories: int, made: int, position: int, total: int) -> None:
        text = f"{position} of {total} pictures"
        self._bars.update(self._task, completed=position, total=total, description=text)

    def progress(self, progress: StudyProgress) -> None:
        if self._is_preparing:
            self._bars.remove_task(self._task)
            self._task, self._is_preparing = self._bars.add_task(""), False
        text = format_progress(progress)
        self._bars.update(self._task, completed=progress.done, total=progress.iterations, description=text)
        if not count_active(progress.statuses):
            print_line(text)

    def notice(self, text: str) -> None:
        warn(text)


class JsonStudyDisplay(StudyDisplay):
    """One object per picture and failure, one every two seconds with the progress, and a last one."""

    def __init__(self) -> None:
        super().__init__()
        self._last_output = 0.0

    def submitted(self, path: str, trajectories: int, made: int, position: int, total: int) -> None:
        print_json({"event": "submitted", "picture": path, "trajectories": trajectories, "made": made})

    def skipped(self, path: str, reason: str) -> None:
        print_json({"event": "skipped", "picture": path, "reason": reason})

    def progress(self, progress: StudyProgress) -> None:
        if time.monotonic() - self._last_output > JSON_INTERVAL_SECONDS or not count_active(progress.statuses):
            self._last_output = time.monotonic()
            print_json({"event": "progress", **as_dict(progress)})

    def ended(self, outcome: StudyOutcome, progress: StudyProgress) -> None:
        print_json({"event": "ended", "outcome": outcome, **as_dict(progress)})

    def failed(self, relative_path: str, reason: str) -> None:
        print_json({"event": "failed", "trajectory": relative_path, "error": reason})

    def notice(self, text: str) -> None:
        print_json({"event": "noted", "text": text})


def format_progress(progress: StudyProgress) -> str:
    """The progress in one line, the most important first. Safe to print."""
    parts = [f"{100 * progress.done / progress.iterations:.0f} %" if progress.iterations else "0 %"]
    if progress.seconds_left is not None:
        parts.append(f"{format_duration(progress.seconds_left)} left")
    if progress.rate:
        parts.append(format_rate(progress.rate))
    silent = min(len(find_silent(progress.workers)), progress.statuses.get("running", 0))
    texts = {status: f"{count:,} {status_word(status)}" for status, count in progress.statuses.items()}
    if silent:
        texts["running"] += f" ({silent:,} no sign)"
    parts.append(", ".join(texts.values()))
    return printable("  ".join(parts))


def count_active(statuses: Mapping[str, int]) -> int:
    """The number of running and queued trajectories."""
    return statuses.get("running", 0) + statuses.get("queued", 0)


def as_dict(progress: StudyProgress) -> dict[str, Any]:
    """The JSON of the progress."""
    return {
        "iterations": progress.iterations,
        "done": progress.done,
        "statuses": dict(progress.statuses),
        "rate": round(progress.rate, 3),
        "seconds_left": progress.seconds_left,
        "workers": [
            {
                "id": worker.record.id,
                "device": worker.record.device,
                "state": worker.live.state if worker.live else "starting",
                "rate": worker_rate(worker),
                "silent": worker.silent,
                "trajectories": [job.path for job in worker.jobs],
            }
            for worker in progress.workers
        ],
    }
