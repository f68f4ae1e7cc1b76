"""Run trajectories in a worker: watch it, or return at once."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.cli import logind
from riptui.cli.console import print_json, print_line, short_path, warn
from riptui.cli.run_display import NothingToDo, RunDisplay, open_display
from riptui.cli.stop_signal import StopSignal
from riptui.errors import DiskError, RiptuiError, WorkerError
from riptui.events import Failed, Notice
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Trajectory
from riptui.supervision.client import ensure_worker, explain_other_environments, log_tail, request_state, retry
from riptui.supervision.monitor import TrajectoryMonitor
from riptui.supervision.pool import LocalPool
from riptui.text.units import format_count

if TYPE_CHECKING:
    from riptui.cli.worker_options import ExecutionOptions
    from riptui.store.worker_registry import Worker

POLL_SECONDS = 0.25  # seconds between two looks: denoising steps are shown as they happen
STOP_WAIT_SECONDS = 5.0  # seconds that Ctrl-C waits for workers to save the current iterations


def queue_unfinished(
    trajectories: Sequence[Trajectory], display: RunDisplay, request: Request | None
) -> tuple[list[Trajectory], bool]:
    """Queue the trajectories that have work; return those, and whether any could not be queued.

    Those that nobody could compute, because their folders cannot be written, are not queued. Raises DiskError if that
    concerns the whole disk.
    """
    now = time.time()
    queued, failed = [], False
    for trajectory in trajectories:
        try:
            if has_work(trajectory, request):
                retry(trajectory, request, queued=now)
                queued.append(trajectory)
            else:
                display.show(trajectory, NothingToDo())
        except RiptuiError as error:
            if isinstance(error, DiskError) and error.is_of_whole_disk:
                raise
            display.show(trajectory, Failed(error))
            failed = True
    return queued, failed


def run_in_worker(
    runs: Path,
    trajectories: Sequence[Trajectory],
    execution: ExecutionOptions,
    request: Request | None,
    display: RunDisplay,
) -> int:
    """Have a worker compute trajectories to their ends, show it, and return the exit code.

    A signal stops those of them that have not ended, and nothing else that the worker computes.
    Raises WorkerError, DiskError.
    """
    queued, failed = queue_unfinished(trajectories, display, request)
    if not queued:
        return 1 if failed else 0
    for text in explain_other_environments(runs):
        warn(text)
    pool = LocalPool(runs, [execution.worker], timeout=execution.care.timeout)
    with StopSignal() as stop, execution.care.open_hook(runs) as hook:
        monitor = TrajectoryMonitor(runs, queued)
        pool.start()
        deadline: float | None = None
        for events, notices in pool.watch(monitor, poll_seconds=POLL_SECONDS):
            for trajectory, event in events:
                failed |= isinstance(event, Failed)
                display.show(trajectory, event)
                hook.tell_event(trajectory, event)
            for text in notices:
                display.show((monitor.remaining or queued)[0], Notice(text))
            hook.tell_deaths(pool.take_deaths())
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
    runs: Path, trajectories: Sequence[Trajectory], execution: ExecutionOptions, request: Request | None
) -> int:
    """Queue trajectories for a worker that outlives this process, and return the exit code.

    Raises WorkerError, DiskError.
    """
    with open_display(execution.display, trajectories) as display:
        queued, failed = queue_unfinished(trajectories, display, request)
    if queued:
        for text in explain_other_environments(runs):
            warn(text)
        worker = ensure_worker(runs, execution.worker)
        if not worker.alive and not worker.leaving:
            raise WorkerError(f"worker {worker.record.id} died while starting: {log_tail(worker.log)}")
        execution.care.start_follower(runs, [execution.worker], trajectories=queued)
        if execution.display == "json":
            for trajectory in queued:
                print_json({"event": "queued", "trajectory": str(trajectory.path), "worker": worker.record.id})
        elif execution.is_for_people:
            _print_next_steps(queued, worker, runs)
    return 1 if failed else 0


def _print_next_steps(queued: Sequence[Trajectory], worker: Worker, runs: Path) -> None:
    folder = shlex.quote(os.path.commonpath([short_path(trajectory.path) for trajectory in queued]))
    runs_flag = "" if runs == Path("runs") else f" --runs {shlex.quote(short_path(runs))}"
    count, pronoun = format_count(len(queued), "trajectory"), "it" if len(queued) == 1 else "them"
    print_line(f"{count} queued in {folder}; worker {worker.record.id} will run {pronoun}")
    for purpose, command in (
        ("worker status", f"riptui ps{runs_flag}"),
        ("worker log", f"riptui logs -f {worker.record.id}{runs_flag}"),
        ("progress", f"riptui ls {folder}"),
        ("stop", f"riptui stop {folder}"),
    ):
        print_line(f"  {purpose:<15}{command}")
    if text := logind.logout_advice():
        warn(text)
