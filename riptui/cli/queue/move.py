"""`riptui queue move`: change the order of what waits."""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from riptui.cli.console import print_error, print_json, print_line, short_path
from riptui.cli.queue.ls import as_dict
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError
from riptui.store.listing import find_all_trajectories
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import find_runs_folder
from riptui.supervision.queue_listing import list_waiting
from riptui.supervision.reordering import move_to_end, set_priority
from riptui.text.units import format_count


def move(paths: tuple[Path, ...], first: bool, last: bool, priority: int | None, runs: Path, as_json: bool) -> int:
    if first + last + (priority is not None) != 1:
        raise click.UsageError("give one of --first, --last and --priority N")
    trajectories = find_all_trajectories(paths, on_error=UnlistedFolders())
    runs = find_runs_folder(trajectories, runs)
    waiting = [line.queued for line in list_waiting(runs)]
    wanted = {trajectory.path.resolve() for trajectory in trajectories}
    chosen = [queued for queued in waiting if queued.trajectory.path in wanted]
    named = [Trajectory(path) for path in paths if path.resolve() in wanted]
    code = _report_others(named, chosen)
    if not chosen:
        if code:
            return code
        raise InputError(f"nothing is queued in {', '.join(short_path(path) for path in paths)}; see riptui queue")
    if priority is not None:
        set_priority(chosen, priority)
    else:
        move_to_end(chosen, waiting, "first" if first else "last")
    _show(runs, chosen, as_json)
    return code


def _report_others(named: Sequence[Trajectory], chosen: Sequence[QueuedTrajectory]) -> int:
    """Report trajectories that were named and are not queued; return the exit code."""
    queued = {each.trajectory.path for each in chosen}
    others = [trajectory for trajectory in named if trajectory.path.resolve() not in queued]
    for trajectory in others:
        print_error(f"{short_path(trajectory.path)} is not queued: it is {trajectory.read_status()}")
    return 1 if others else 0


def _show(runs: Path, chosen: Sequence[QueuedTrajectory], as_json: bool) -> None:
    """Show where they are now."""
    paths = {queued.trajectory.path for queued in chosen}
    order = list_waiting(runs)
    lines = [line for line in order if line.queued.trajectory.path in paths]
    if as_json:
        print_json([as_dict(line) for line in lines])
        return
    place = f"now {lines[0].position} of {len(order)} in the queue" if lines else "no longer queued"
    if len(chosen) == 1:
        print_line(f"{short_path(chosen[0].trajectory.path)}: {place}")
    else:
        print_line(f"{format_count(len(chosen), 'trajectory')}: the first is {place}")
    for line in lines:
        if line.reason:
            print_line(f"  {short_path(line.queued.trajectory.path)}: {line.reason}", "yellow")
