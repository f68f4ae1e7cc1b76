"""`riptui pause` and `riptui stop`: what is asked of trajectories, and of workers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import rich_click as click

from riptui.cli.options import folders_below, paths_argument, runs_option

if TYPE_CHECKING:
    from riptui.store.trajectory import Trajectory


@click.command(short_help="Let trajectories wait.")
@paths_argument
def pause(paths: tuple[Path, ...]) -> int:
    """Let trajectories wait until `riptui resume`. PATH: a trajectory, or a folder of them.

    Whoever computes one finishes its iteration first.
    """
    return _ask(paths, "pause", "paused")


@click.command(short_help="Stop trajectories, or send workers away.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path), shell_complete=folders_below)
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
        _dismiss(runs, worker)
    return _ask(paths, "stop", "stopped") if paths else 0


def _ask(paths: tuple[Path, ...], state: Literal["pause", "stop"], done: str) -> int:
    from riptui.cli.console import complain, say
    from riptui.errors import RiptuiError
    from riptui.store.listing import find_all

    counts: Counter[str] = Counter()
    failed = False
    for trajectory in find_all(paths):
        try:
            counts[_one(trajectory, state, done)] += 1
        except RiptuiError as error:
            complain(f"{trajectory.path}: {error}")
            failed = True
    if counts:
        say(", ".join(f"{count} {what}" for what, count in sorted(counts.items(), key=lambda one: one[0] != done)))
    return 1 if failed else 0


def _one(trajectory: Trajectory, state: Literal["pause", "stop"], done: str) -> str:
    """Ask it of one trajectory; what that came to."""
    from riptui.client import ask
    from riptui.store.trajectory import Status

    status = trajectory.status()
    if status in (Status.DONE, Status.FAILED):
        return "done already" if status == Status.DONE else "failed already"
    ask(trajectory, state)
    return f"{done} after the iteration in hand" if status == Status.RUNNING else done


def _dismiss(runs: Path, wanted: str) -> None:
    from riptui.cli.console import say
    from riptui.cli.logs import named
    from riptui.client import dismiss, living

    workers = living(runs) if wanted == "all" else [named(living(runs), wanted, runs)]
    for worker in workers:
        dismiss(worker)
        say(f"worker {worker.record.id} leaves after the iteration in hand")
    if not workers:
        say(f"no worker lives in {runs}")
