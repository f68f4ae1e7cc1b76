"""`riptui queue ls`: what waits, the next one first."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rich_click as click
from rich.table import Table
from rich.text import Text

from riptui.cli.console import print_json, print_table, short_path, warn
from riptui.cli.runs_folder import runs_folder
from riptui.filesystem import user_name
from riptui.store.disk_errors import explain_errors
from riptui.supervision.client import list_running_workers
from riptui.supervision.queue_listing import WaitingTrajectory, list_waiting
from riptui.text.terminal import printable
from riptui.text.units import format_duration


def ls(runs: Path, as_json: bool) -> int:
    with explain_errors(runs):
        if not runs.is_dir():
            raise click.UsageError(f"{runs} {'is not a folder' if runs.exists() else 'does not exist'}")
    root, shown = find_root(runs), Path(os.path.realpath(runs))
    with explain_errors(root):
        os.scandir(root).close()
    everything = list_waiting(root)
    lines = [line for line in everything if line.queued.trajectory.path.is_relative_to(shown)]
    if as_json:
        print_json([as_dict(line) for line in lines])
        return 0
    if lines:
        print_table([make_table(lines)])
        if hidden := len(everything) - len(lines):
            warn(f"{hidden} more in the other folders of {short_path(root)}")
    if not any(worker.record.takes_queued or worker.record.study for worker in list_running_workers(root)):
        waits = f"nobody computes {'it' if len(lines) == 1 else 'them'}: " if lines else "nothing is queued, and "
        warn(f"{waits}no worker is running; riptui resume {short_path(runs)} --detach starts one")
    elif not lines:
        warn(f"nothing is queued in {short_path(runs)}")
    return 0


def find_root(folder: Path) -> Path:
    """The runs folder of a folder: the usual one, if the folder is in it, for its queue is one."""
    usual = Path(os.path.realpath(runs_folder()))
    return usual if Path(os.path.realpath(folder)).is_relative_to(usual) else folder


def make_table(lines: Sequence[WaitingTrajectory]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    owners = {line.queued.owner for line in lines}
    has_owners = owners != {os.geteuid()}
    has_priorities = any(line.queued.priority for line in lines)
    table.add_column("#", justify="right")
    table.add_column("trajectory", no_wrap=True)
    if has_owners:
        table.add_column("owner", no_wrap=True)
    if has_priorities:
        table.add_column("priority", justify="right")
    table.add_column("has waited", justify="right", no_wrap=True)
    table.add_column("starts in", justify="right", no_wrap=True)
    table.add_column("")
    for line in lines:
        cells = [str(line.position), short_path(line.queued.trajectory.path)]
        cells += [user_name(line.queued.owner)] if has_owners else []
        cells += [str(line.queued.priority)] if has_priorities else []
        cells += [_format_wait(line), _format_start(line)]
        table.add_row(*(Text(printable(cell)) for cell in cells), Text(printable(line.reason), "yellow"))
    return table


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
        "attempts": queued.attempts,
        "reason": line.reason or None,
    }
