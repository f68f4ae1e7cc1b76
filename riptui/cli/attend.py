"""Leave trajectories to a worker: watch it, or go."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.cli import lingering
from riptui.cli.console import emit, note, say, shown
from riptui.cli.display import open_display
from riptui.cli.jobs import Already, Display, Stop
from riptui.client import Wish, ask, ensure, last_words, retry
from riptui.errors import DiskError, RiptuiError, WorkerError
from riptui.events import Failed
from riptui.following import Following
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import to_do

if TYPE_CHECKING:
    from riptui.store.workers import Worker

LEAVING = 5.0  # seconds; how long Ctrl-C waits for trajectories to leave their slots


def queue(
    trajectories: Sequence[Trajectory], display: Display, wanted: Request | None
) -> tuple[list[Trajectory], bool]:
    """Ask for all that have something to do; return those, and whether any cannot be asked for. Raises DiskError."""
    now = time.time()
    queued, failed = [], False
    for trajectory in trajectories:
        try:
            if to_do(trajectory, wanted):
                retry(trajectory, wanted, queued=now)
                queued.append(trajectory)
            else:
                display.show(trajectory, Already())
        except DiskError:
            raise
        except RiptuiError as error:
            display.show(trajectory, Failed(error))
            failed = True
    return queued, failed


def find_worker(runs: Path, wish: Wish) -> Callable[[], Worker]:
    """What finds or starts a worker."""
    return lambda: ensure(runs, **asdict(wish))


def attend(runs: Path, trajectories: Sequence[Trajectory], display: Display, wanted: Request | None, wish: Wish) -> int:
    """Have a worker bring trajectories to their ends, and show it; return the exit code.

    After a signal those that did not come to their end are stopped, and nothing else of the worker's.
    Raises WorkerError, DiskError.
    """
    queued, failed = queue(trajectories, display, wanted)
    if not queued:
        return 1 if failed else 0
    another = find_worker(runs, wish)
    with Stop() as stop:
        following = Following(runs, queued, another(), another)
        deadline: float | None = None
        for told in following.events():
            for trajectory, event in told:
                failed |= isinstance(event, Failed)
                display.show(trajectory, event)
            if stop and deadline is None:
                deadline = time.monotonic() + LEAVING
                for trajectory in following.left:
                    ask(trajectory, "stop")
            if deadline is not None and time.monotonic() > deadline:
                break
    if stop.signal is not None:
        return 128 + stop.signal
    return 1 if failed else 0


def leave_to_worker(
    runs: Path, trajectories: Sequence[Trajectory], display: str, wanted: Request | None, wish: Wish
) -> int:
    """Queue trajectories for a worker that outlives this process; return the exit code.

    Raises WorkerError, DiskError.
    """
    with open_display(display, trajectories) as lines:
        queued, failed = queue(trajectories, lines, wanted)
    if queued:
        worker = find_worker(runs, wish)()
        if not worker.alive and not worker.leaving:
            raise WorkerError(f"worker {worker.record.id} died at once: {last_words(worker.log)}")
        if display == "json":
            for trajectory in queued:
                emit({"event": "queued", "trajectory": str(trajectory.path), "worker": worker.record.id})
        elif display != "none":
            _tell_where(queued, worker, runs)
    return 1 if failed else 0


def _tell_where(queued: Sequence[Trajectory], worker: Worker, runs: Path) -> None:
    folder = shlex.quote(os.path.commonpath([shown(trajectory.path) for trajectory in queued]))
    elsewhere = "" if runs == Path("runs") else f" --runs {shlex.quote(shown(runs))}"
    say(f"{len(queued)} queued in {folder}; worker {worker.record.id} takes them")
    for what, command in (
        ("what it is at", f"riptui ps{elsewhere}"),
        ("what it says", f"riptui logs -f {worker.record.id}{elsewhere}"),
        ("how far they are", f"riptui ls {folder}"),
        ("stop them", f"riptui stop {folder}"),
    ):
        say(f"  {what:<18}{command}")
    if text := lingering.advice():
        note(text)
