"""`riptui pause` and `riptui stop`: what is asked of trajectories, and of workers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import rich_click as click

from riptui.cli.options import complete_folders, paths_argument, runs_option

if TYPE_CHECKING:
    from riptui.store.trajectory import Trajectory


@click.command(short_help="Let trajectories wait.")
@paths_argument
def pause(paths: tuple[Path, ...]) -> int:
    """Let trajectories wait until `riptui resume`. PATH: a trajectory, or a folder of them.

    Whoever computes one finishes its iteration first.
    """
    return _request_all(paths, "pause", "paused")


@click.command(short_help="Stop trajectories, or send workers away.")
@click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path), shell_complete=complete_folders
)
@click.option("--worker", "worker", metavar="ID|all", help="Send a worker away; what it has not done stays queued.")
@runs_option
def stop(paths: tuple[Path, ...], worker: str | None, runs: Path) -> int:
    """Stop trajectories until `riptui resume` or `riptui run` asks for them again. PATH: one, or a folder of them.

    Whoever computes one finishes its iteration first. --worker sends workers away instead, and stops no trajectory.

    \b
    riptui stop runs/fig7
    riptui stop --worker all
    """
    if not paths and worker is None:
        raise click.UsageError("nothing to stop: give a PATH, or --worker ID or all")
    if worker is not None:
        _shut_down(runs, worker)
    return _request_all(paths, "stop", "stopped") if paths else 0


def _request_all(paths: tuple[Path, ...], state: Literal["pause", "stop"], past_tense: str) -> int:
    from riptui.cli.console import print_error, print_line
    from riptui.errors import RiptuiError
    from riptui.store.listing import find_all_trajectories

    counts: Counter[str] = Counter()
    failed = False
    for trajectory in find_all_trajectories(paths):
        try:
            counts[_request_one(trajectory, state, past_tense)] += 1
        except RiptuiError as error:
            print_error(f"{trajectory.path}: {error}")
            failed = True
    if counts:
        print_line(
            ", ".join(
                f"{count} {outcome}"
                for outcome, count in sorted(counts.items(), key=lambda item: item[0] != past_tense)
            )
        )
    return 1 if failed else 0


def _request_one(trajectory: Trajectory, state: Literal["pause", "stop"], past_tense: str) -> str:
    """Ask it of one trajectory; what that came to."""
    from riptui.store.trajectory import Status
    from riptui.supervision.client import request_state

    status = trajectory.read_status()
    if status in (Status.DONE, Status.FAILED):
        return "done already" if status == Status.DONE else "failed already"
    request_state(trajectory, state)
    return f"{past_tense} after the iteration in hand" if status == Status.RUNNING else past_tense


def _shut_down(runs: Path, worker_id: str) -> None:
    from riptui.cli.console import print_line
    from riptui.cli.logs import find_worker
    from riptui.supervision.client import list_running_workers, shut_down

    workers = (
        list_running_workers(runs) if worker_id == "all" else [find_worker(list_running_workers(runs), worker_id, runs)]
    )
    for worker in workers:
        shut_down(worker)
        print_line(f"worker {worker.record.id} leaves after the iteration in hand")
    if not workers:
        print_line(f"no worker lives in {runs}")
