"""`riptui pause` and `riptui stop`: requests of trajectories; or shut down workers."""

from collections import Counter
from pathlib import Path
from typing import Literal

import rich_click as click

from riptui.cli.console import print_error, print_line
from riptui.cli.logs import find_worker
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import RiptuiError, WorkerError
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision.client import kill_as_asked, list_running_workers, request_state, shut_down


def pause(paths: tuple[Path, ...]) -> int:
    return _request_all(paths, "pause", "paused")


def stop(paths: tuple[Path, ...], worker: str | None, kill: bool, runs: Path) -> int:
    if not paths and worker is None:
        raise click.UsageError("nothing to stop: give a PATH, --worker ID or --worker all")
    code = 0 if worker is None else _shut_down(runs, worker, kill=kill)
    return max(code, _request_all(paths, "stop", "stopped")) if paths else code


def _shut_down(runs: Path, worker_id: str, *, kill: bool) -> int:
    """Shut down one worker or all, or kill them; those that cannot be do not keep the others running."""
    unlisted = UnlistedFolders()
    running = list_running_workers(runs, on_error=unlisted)
    workers = running if worker_id == "all" else [find_worker(running, worker_id, runs)]
    problems = []
    for worker in workers:
        try:
            (kill_as_asked if kill else shut_down)(worker)
            outcome = "was killed" if kill else "exits after the current iteration"
            print_line(f"worker {worker.record.id} {outcome}")
        except WorkerError as error:
            problems.append(str(error))
    if not workers and not unlisted.count:
        print_line(f"no running workers in {runs}")
    for problem in problems:
        print_error(problem)
    return 1 if problems or unlisted.count else 0


def _request_all(paths: tuple[Path, ...], state: Literal["pause", "stop"], past_tense: str) -> int:
    counts: Counter[str] = Counter()
    failed = False
    for trajectory in find_all_trajectories(paths, on_error=UnlistedFolders()):
        try:
            counts[_request_one(trajectory, state, past_tense)] += 1
        except RiptuiError as error:
            print_error(f"{trajectory.path}: {error}")
            failed = True
    if counts:
        outcomes = sorted(counts.items(), key=lambda item: item[0] != past_tense)
        print_line(", ".join(f"{count} {outcome}" for outcome, count in outcomes))
    return 1 if failed else 0


def _request_one(trajectory: Trajectory, state: Literal["pause", "stop"], past_tense: str) -> str:
    """Request the state of one trajectory; return the outcome."""
    status = trajectory.read_status()
    if status in (Status.DONE, Status.FAILED):
        return "already done" if status == Status.DONE else "already failed"
    request_state(trajectory, state)
    return f"{past_tense} after the current iteration" if status == Status.RUNNING else past_tense
