"""The queued trajectories that a command names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from riptui.cli.console import print_error, short_path
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError
from riptui.store.listing import find_all_trajectories
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import find_runs_folder
from riptui.supervision.queue_listing import list_waiting


@dataclass(frozen=True)
class ChosenQueued:
    runs: Path
    waiting: Sequence[QueuedTrajectory]
    """All queued trajectories, in order."""
    chosen: Sequence[QueuedTrajectory]
    exit_code: int
    """1 if one was named that is not queued, or a folder could not be listed; both are reported."""


def choose_queued(paths: tuple[Path, ...], runs: Path) -> ChosenQueued:
    """The queued ones of these trajectories and folders. Raises InputError if none is, or a path does not exist."""
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories(paths, on_error=unlisted)
    runs = find_runs_folder(trajectories, runs)
    waiting = [line.queued for line in list_waiting(runs)]
    wanted = {trajectory.path.resolve() for trajectory in trajectories}
    chosen = [queued for queued in waiting if queued.trajectory.path in wanted]
    named = [Trajectory(path) for path in paths if path.resolve() in wanted]
    code = _report_others(named, chosen) or unlisted.exit_code
    if not chosen and not code:
        raise InputError(f"nothing is queued in {', '.join(short_path(path) for path in paths)}; see riptui queue")
    return ChosenQueued(runs, waiting, chosen, code)


def _report_others(named: Sequence[Trajectory], chosen: Sequence[QueuedTrajectory]) -> int:
    """Report trajectories that were named and are not queued; return the exit code."""
    queued = {each.trajectory.path for each in chosen}
    others = [trajectory for trajectory in named if trajectory.path.resolve() not in queued]
    for trajectory in others:
        print_error(f"{short_path(trajectory.path)} is not queued: it is {trajectory.read_status()}")
    return 1 if others else 0
