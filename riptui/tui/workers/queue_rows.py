"""The table of what waits. No Textual."""

import os
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from riptui.filesystem import user_name
from riptui.supervision.queue_listing import ListedQueue, WaitingTrajectory
from riptui.text.terminal import printable
from riptui.text.units import format_duration
from riptui.tui.row_table import TableColumn, TableRow, fit_columns_to_texts

TITLES = ("#", "trajectory", "starts", "owner", "priority", "takes", "waited", "why")
RIGHT = ("#", "starts", "priority", "takes", "waited")
MAX_COLUMNS = {"trajectory": 70, "owner": 12, "why": 60}


def build_queue_table(
    lines: Sequence[WaitingTrajectory], runs: Path, marked: Collection[str] = ()
) -> tuple[tuple[TableColumn, ...], tuple[TableRow, ...]]:
    """Columns and rows; what is another user's is dimmed. runs: resolved. marked: keys of rows."""
    own, now = os.geteuid(), time.time()
    names = {owner: printable(user_name(owner)) for owner in {line.queued.owner for line in lines}}
    rows = tuple(_build_row(line, runs, own, names[line.queued.owner], now, marked) for line in lines)
    titles = TITLES if any(line.reason for line in lines) else TITLES[:-1]
    return fit_columns_to_texts(titles, rows, RIGHT, MAX_COLUMNS), rows


def _build_row(
    line: WaitingTrajectory, runs: Path, own: int, owner: str, now: float, marked: Collection[str]
) -> TableRow:
    queued, path = line.queued, row_key(line, runs)
    is_marked = path in marked
    style = "marked" if is_marked else "warning" if line.reason else "" if queued.owner == own else "dim"
    values = (
        f"{line.position:,}",
        printable(path),
        format_start(line),
        owner,
        str(queued.priority) if queued.priority else "",
        "" if line.takes is None else format_duration(line.takes),
        format_duration(max(0.0, now - queued.since)) if queued.since else "",
        printable(line.reason),
    )
    return TableRow(path, "◆" if is_marked else " ", values, style)


def row_key(line: WaitingTrajectory, runs: Path) -> str:
    """Its path below the runs folder."""
    return line.queued.trajectory.path.relative_to(runs).as_posix()


def format_start(line: WaitingTrajectory) -> str:
    """When it starts, about; a dash if it does not, or that is not known."""
    if line.starts_in is None:
        return "–"
    return "now" if line.starts_in < 1 else f"in {format_duration(line.starts_in)}"


def summarise_queue(queue: ListedQueue, start_key: str) -> str:
    """3,000 wait, 12 yours · 41 min left. start_key: starts a worker."""
    if not queue.lines:
        return "nothing waits"
    own = sum(line.queued.owner == os.geteuid() for line in queue.lines)
    count = len(queue.lines)
    whose = "" if own == count else f", {own:,} yours" if own else ", none yours"
    left = "" if queue.seconds_left is None else f" · {format_duration(queue.seconds_left)} left"
    left = left if queue.is_served else f" · no worker runs: {start_key} starts one"
    return f"{count:,} {'waits' if count == 1 else 'wait'}{whose}{left}"
