"""Run trajectories in a worker: watch it, or return at once."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.cli import logind
from riptui.cli.console import print_json, print_line, short_path, warn
from riptui.cli.run_display import NothingToDo, RunDisplay, open_display
from riptui.cli.stop_signal import StopSignal
from riptui.errors import DiskError, RiptuiError, WorkerError
from riptui.events import Failed
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Trajectory
from riptui.supervision.client import WorkerOptions, ensure_worker, log_tail, request_state, retry
from riptui.supervision.monitor import TrajectoryMonitor
from riptui.text.units import format_count

if TYPE_CHECKING:
    from riptui.store.worker_registry import Worker

STOP_WAIT_SECONDS = 5.0  # seconds; how long Ctrl-C waits for trajectories to leave their slots


def queue_unfinished(
    trajectories: Sequence[Trajectory], display: RunDisplay, request: Request | None
) -> tuple[list[Trajectory], bool]:
    """Queue the trajectories that have work; return those, and whether any could not be queued. Raises DiskError."""
    now = time.time()
    queued, failed = [], False
    for trajectory in trajectories:
        try:
            if has_work(trajectory, request):
                retry(trajectory, request, queued=now)
                queued.append(trajectory)
            else:
                display.show(trajectory, NothingToDo())
        except DiskError:
            raise
        except RiptuiError as error:
            display.show(trajectory, Failed(error))
            failed = True
    return queued, failed


def make_worker_finder(runs: Path, options: WorkerOptions) -> Callable[[], Worker]:
    """What finds or starts a worker."""
    return lambda: ensure_worker(runs, **asdict(options))


def run_in_worker(
    runs: Path, trajectories: Sequence[Trajectory], display: RunDisplay, request: Request | None, options: WorkerOptions
) -> int:
    """Have a worker bring trajectories to their ends, and show it; return the exit code.

    After a signal those that did not come to their end are stopped, and nothing else of the worker's.
    Raises WorkerError, DiskError.
    """
    queued, failed = queue_unfinished(trajectories, display, request)
    if not queued:
        return 1 if failed else 0
    get_worker = make_worker_finder(runs, options)
    with StopSignal() as stop:
        monitor = TrajectoryMonitor(runs, queued, get_worker(), get_worker)
        deadline: float | None = None
        for events in monitor.watch():
            for trajectory, event in events:
                failed |= isinstance(event, Failed)
                display.show(trajectory, event)
            if stop and deadline is None:
                deadline = time.monotonic() + STOP_WAIT_SECONDS
                for trajectory in monitor.remaining:
                    request_state(trajectory, "stop")
            if deadline is not None and time.monotonic() > deadline:
                break
    if stop.signal is not None:
        return 128 + stop.signal
    return 1 if failed else 0


def queue_for_worker(
    runs: Path, trajectories: Sequence[Trajectory], display: str, request: Request | None, options: WorkerOptions
) -> int:
    """Queue trajectories for a worker that outlives this process; return the exit code.

    Raises WorkerError, DiskError.
    """
    with open_display(display, trajectories) as run_display:
        queued, failed = queue_unfinished(trajectories, run_display, request)
    if queued:
        worker = make_worker_finder(runs, options)()
        if not worker.alive and not worker.leaving:
            raise WorkerError(f"worker {worker.record.id} died at its start: {log_tail(worker.log)}")
        if display == "json":
            for trajectory in queued:
                print_json({"event": "queued", "trajectory": str(trajectory.path), "worker": worker.record.id})
        elif display != "none":
            _print_next_steps(queued, worker, runs)
    return 1 if failed else 0


def _print_next_steps(queued: Sequence[Trajectory], worker: Worker, runs: Path) -> None:
    folder = shlex.quote(os.path.commonpath([short_path(trajectory.path) for trajectory in queued]))
    runs_flag = "" if runs == Path("runs") else f" --runs {shlex.quote(short_path(runs))}"
    print_line(f"{format_count(len(queued), 'trajectory')} queued in {folder}; worker {worker.record.id} will run them")
    for purpose, command in (
        ("worker status", f"riptui ps{runs_flag}"),
        ("worker log", f"riptui logs -f {worker.record.id}{runs_flag}"),
        ("progress", f"riptui ls {folder}"),
        ("stop", f"riptui stop {folder}"),
    ):
        print_line(f"  {purpose:<15}{command}")
    if text := logind.logout_advice():
        warn(text)
