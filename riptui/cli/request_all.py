"""`riptui pause`, and the part of `riptui stop` that is about trajectories."""

from collections import Counter
from pathlib import Path
from typing import Literal

from riptui.cli.console import print_error, print_line
from riptui.errors import RiptuiError
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision.client import request_state


def pause(paths: tuple[Path, ...]) -> int:
    return request_all(paths, "pause", "paused")


def request_all(paths: tuple[Path, ...], state: Literal["pause", "stop"], past_tense: str) -> int:
    counts: Counter[str] = Counter()
    failed = False
    for trajectory in find_all_trajectories(paths):
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
