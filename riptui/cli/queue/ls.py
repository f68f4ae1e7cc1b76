"""`riptui queue ls`: what waits, the next one first."""

import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import rich_click as click
from rich.cells import cell_len

from riptui.cli.console import print_json, print_line, render_ansi, short_path, warn
from riptui.cli.runs_folder import runs_folder
from riptui.cli.unlisted import UnlistedFolders
from riptui.filesystem import user_name
from riptui.store.disk_errors import explain_errors
from riptui.store.listing import find_trajectories
from riptui.store.summary_cache import SummaryCache
from riptui.store.trajectory import Status
from riptui.supervision.client import list_running_workers
from riptui.supervision.queue_listing import QueueReader, WaitingTrajectory
from riptui.text.terminal import fit_columns, printable
from riptui.text.units import format_duration

RESUMABLE = (Status.PAUSED, Status.INTERRUPTED, Status.FAILED)


def ls(runs: Path, as_json: bool) -> int:
    with explain_errors(runs):
        if not runs.is_dir():
            raise click.UsageError(f"{runs} {'is not a folder' if runs.exists() else 'does not exist'}")
    root, shown = find_root(runs), Path(os.path.realpath(runs))
    with explain_errors(root):
        os.scandir(root).close()
    queue = QueueReader(root).read(list_running_workers(root))
    everything = queue.lines
    lines = [line for line in everything if line.queued.trajectory.path.is_relative_to(shown)]
    unlisted = UnlistedFolders()
    deque(find_trajectories(root, on_error=unlisted), maxlen=0)  # the queue is read without those, every few seconds
    if as_json:
        print_json([as_dict(line) for line in lines])
        return unlisted.exit_code
    if lines:
        sys.stdout.write(format_table(lines))
        if hidden := len(everything) - len(lines):
            warn(f"{hidden} more in the other folders of {short_path(root)}")
        if queue.seconds_left is not None:
            print_line(f"all of it is done in about {format_duration(queue.seconds_left)}", "dim")
    if not lines:
        warn(f"nothing is queued in {short_path(runs)}{_count_resumable(shown)}")
    elif not queue.is_served:
        what = "it" if len(lines) == 1 else "them"
        warn(f"nobody computes {what}: no worker is running; riptui resume {short_path(runs)} --detach starts one")
    return unlisted.exit_code


def _count_resumable(runs: Path) -> str:
    """How many trajectories are neither done nor running, and how to resume them; empty if there are none."""
    statuses = [summary.status for summary in SummaryCache(runs).walk(on_error=lambda _: None)]
    if not (count := sum(status in RESUMABLE for status in statuses)):
        return ""
    return f"; {count:,} that stopped, were paused or failed: riptui resume {short_path(runs)} --detach"


def find_root(folder: Path) -> Path:
    """The runs folder of a folder: the usual one, if the folder is in it, for its queue is one."""
    usual = Path(os.path.realpath(runs_folder()))
    return usual if Path(os.path.realpath(folder)).is_relative_to(usual) else folder


def format_table(lines: Sequence[WaitingTrajectory]) -> str:
    """A line for each, as plain strings: a Rich table of 4,000 takes ten times as long."""
    has_owners = {line.queued.owner for line in lines} != {os.geteuid()}
    has_priorities = any(line.queued.priority for line in lines)
    titles = ["#", "trajectory", "owner", "priority", "has waited", "takes", "starts in"]
    has_takes = any(line.takes is not None for line in lines)
    has_starts = any(line.starts_in is not None for line in lines)
    shown = [True, True, has_owners, has_priorities, True, has_takes, has_starts]
    rows = [list(compress(cells, shown)) for cells in [titles, *map(_format_cells, lines)]]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    texts = ["  ".join(map(fit_columns, row, widths)) for row in rows]
    reasons = [f"  {render_ansi(printable(line.reason), 'yellow')}" if line.reason else "" for line in lines]
    body = [f"{text}{reason}".rstrip() for text, reason in zip(texts[1:], reasons, strict=True)]
    return "\n".join([render_ansi(texts[0].rstrip(), "dim"), *body]) + "\n"


def _format_cells(line: WaitingTrajectory) -> list[str]:
    queued = line.queued
    path, owner = printable(short_path(queued.trajectory.path)), printable(user_name(queued.owner))
    takes = "" if line.takes is None else format_duration(line.takes)
    return [str(line.position), path, owner, str(queued.priority), _format_wait(line), takes, _format_start(line)]


def _format_wait(line: WaitingTrajectory) -> str:
    return format_duration(max(0.0, time.time() - line.queued.since)) if line.queued.since else ""


def _format_start(line: WaitingTrajectory) -> str:
    if line.starts_in is None:
        return ""
    return "now" if line.starts_in < 1 else f"about {format_duration(line.starts_in)}"


def as_dict(line: WaitingTrajectory) -> dict[str, Any]:
    """The JSON of one line."""
    queued = line.queued
    return {
        "position": line.position,
        "path": str(queued.trajectory.path),
        "owner": user_name(queued.owner),
        "priority": queued.priority,
        "since": queued.since,
        "starts_in": line.starts_in,
        "takes": line.takes,
        "attempts": queued.attempts,
        "reason": line.reason or None,
    }
