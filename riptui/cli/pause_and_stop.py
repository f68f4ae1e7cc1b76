"""`riptui pause` and `riptui stop`: requests of trajectories; or shut down workers."""

from collections import Counter
from pathlib import Path
from typing import Literal

import rich_click as click

from riptui.cli.console import print_error, print_json, print_line
from riptui.cli.logs import find_worker
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import RiptuiError, WorkerError
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision.client import kill_as_asked, list_running_workers, request_state, shut_down

Outcomes = dict[str, str]
"""What became of each worker, by its id, or of each trajectory, by its path."""


def pause(paths: tuple[Path, ...], as_json: bool) -> int:
    paused, code = _request_all(paths, "pause", "paused")
    _print_outcomes({}, paused, as_json)
    return code


def stop(paths: tuple[Path, ...], worker: str | None, kill: bool, runs: Path, as_json: bool) -> int:
    if not paths and worker is None:
        raise click.UsageError("nothing to stop: give a PATH, --worker ID or --worker all")
    workers, code = ({}, 0) if worker is None else _shut_down(runs, worker, kill=kill)
    stopped, path_code = _request_all(paths, "stop", "stopped") if paths else ({}, 0)
    if worker is not None and not (workers or code or as_json):
        print_line(f"no running workers in {runs}")
    _print_outcomes(workers, stopped, as_json)
    return max(code, path_code)


def _shut_down(runs: Path, worker_id: str, *, kill: bool) -> tuple[Outcomes, int]:
    """Shut down one worker or all, or kill them; those that cannot be do not keep the others running. Returns the exit
    code too."""
    unlisted = UnlistedFolders()
    running = list_running_workers(runs, on_error=unlisted)
    workers = running if worker_id == "all" else [find_worker(running, worker_id, runs)]
    outcomes: Outcomes = {}
    failed = False
    for worker in workers:
        try:
            (kill_as_asked if kill else shut_down)(worker)
            outcomes[worker.record.id] = "was killed" if kill else "exits after the current iteration"
        except WorkerError as error:
            print_error(str(error))
            failed = True
    return outcomes, 1 if failed or unlisted.count else 0


def _request_all(paths: tuple[Path, ...], state: Literal["pause", "stop"], past_tense: str) -> tuple[Outcomes, int]:
    """Request the state of all trajectories. Returns the exit code too."""
    outcomes: Outcomes = {}
    unlisted, failed = UnlistedFolders(), False
    for trajectory in find_all_trajectories(paths, on_error=unlisted):
        try:
            outcomes[str(trajectory.path)] = _request_one(trajectory, state, past_tense)
        except RiptuiError as error:
            print_error(f"{trajectory.path}: {error}")
            failed = True
    return outcomes, 1 if failed or unlisted.count else 0


def _print_outcomes(workers: Outcomes, trajectories: Outcomes, as_json: bool) -> None:
    if as_json:
        print_json(workers | trajectories)
        return
    for worker_id, outcome in workers.items():
        print_line(f"worker {worker_id} {outcome}")
    if trajectories:
        counts = sorted(Counter(trajectories.values()).items(), key=lambda item: item[0].startswith("already"))
        print_line(", ".join(f"{count} {outcome}" for outcome, count in counts))


def _request_one(trajectory: Trajectory, state: Literal["pause", "stop"], past_tense: str) -> str:
    """Request the state of one trajectory; return the outcome."""
    status = trajectory.read_status()
    if status in (Status.DONE, Status.FAILED):
        return "already done" if status == Status.DONE else "already failed"
    request_state(trajectory, state)
    return f"{past_tense} after the current iteration" if status == Status.RUNNING else past_tense
