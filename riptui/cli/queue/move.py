"""`riptui queue move`: change the order of what waits."""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from riptui.cli.console import print_json, print_line, short_path
from riptui.cli.queue.chosen import choose_queued
from riptui.cli.queue.ls import as_dict
from riptui.store.queued import QueuedTrajectory
from riptui.supervision.queue_listing import list_waiting
from riptui.supervision.reordering import move_to_end, set_priority, shift
from riptui.text.units import format_count


def move(
    paths: tuple[Path, ...],
    first: bool,
    last: bool,
    earlier: int | None,
    later: int | None,
    priority: int | None,
    runs: Path,
    as_json: bool,
) -> int:
    if first + last + sum(option is not None for option in (earlier, later, priority)) != 1:
        raise click.UsageError("give exactly one of --first, --last, --earlier N, --later N and --priority N")
    found = choose_queued(paths, runs)
    if not found.chosen:
        return found.exit_code
    if priority is not None:
        set_priority(found.chosen, priority)
    elif first or last:
        move_to_end(found.chosen, found.waiting, "first" if first else "last")
    else:
        moving = {queued.trajectory.path for queued in found.chosen}
        shift(found.waiting, moving, (later or 0) - (earlier or 0))
    _show(found.runs, found.chosen, as_json)
    return found.exit_code


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
