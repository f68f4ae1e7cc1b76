"""Compute trajectories for `riptui run`, `resume` and `demo`: in a worker, or in this process."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from riptui.cli.console import warn
from riptui.cli.in_process import run_in_process
from riptui.cli.run_display import open_display
from riptui.cli.via_worker import queue_for_worker, run_in_worker
from riptui.cli.worker_options import ExecutionOptions
from riptui.errors import RiptuiError
from riptui.inpainters import find_inpainter
from riptui.store import requests
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory


def run_trajectories(
    runs: Path, trajectories: Sequence[Trajectory], execution: ExecutionOptions, request: Request | None = None
) -> int:
    """Compute trajectories and show it; return the exit code.

    A worker runs them if they are detached, if any needs a model, which a worker keeps loaded, or if a time limit is
    set, for only another process can be replaced; else this process.
    """
    if execution.detach:
        return queue_for_worker(runs, trajectories, execution, request)
    with open_display(execution.display, trajectories) as display:
        if execution.care.timeout is not None or any(map(_runs_in_worker, trajectories)):
            code = run_in_worker(runs, trajectories, execution, request, display)
        else:
            code = run_in_process(runs, trajectories, execution, request, display)
    if code > 128 and (unfinished := [trajectory for trajectory in trajectories if has_work(trajectory, request)]):
        folder = os.path.commonpath([os.path.relpath(trajectory.path) for trajectory in unfinished])
        warn(f"stopped; the computed frames are saved. Resume with: riptui resume {shlex.quote(folder)}")
    return code


def _runs_in_worker(trajectory: Trajectory) -> bool:
    try:
        return find_inpainter(trajectory.spec.inpainter).runs_in_worker
    except RiptuiError:  # reported when its turn comes
        return False


def has_work(trajectory: Trajectory, request: Request | None = None) -> bool:
    try:
        return requests.has_work(trajectory, request)
    except RiptuiError:  # it was removed, or is not readable
        return False
