"""`riptui collapse`: how trajectories end, by stated thresholds."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from riptui.cli.collapse_tables import print_collapse
from riptui.cli.console import out as console
from riptui.cli.console import print_json, warn
from riptui.cli.results_tables import to_json_value
from riptui.cli.transient_progress import transient_progress
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError, with_choices
from riptui.export.tables import write_csv
from riptui.results.collapse_summary import CollapseSummary, summarise_ends
from riptui.results.collapse_table import collapse_rows
from riptui.results.collapse_thresholds import parse_thresholds
from riptui.results.end_looks import TrajectoryEnds, choose_distance, distance_metrics, read_ends
from riptui.store.listing import TrajectorySummary, find_all_trajectories, summarize
from riptui.text.units import format_count


def collapse(
    paths: tuple[Path, ...],
    metric: str | None,
    thresholds: tuple[str, ...],
    csv: Path | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    chosen = parse_thresholds(thresholds)
    summaries = [summarize(trajectory) for trajectory in find_all_trajectories(paths, on_error=UnlistedFolders())]
    if unreadable := sum(summary.spec is None for summary in summaries):
        warn(f"left out, unreadable: {format_count(unreadable, 'trajectory')}; see riptui check")
    ends = _read_ends(summaries, _choose_metric(metric, summaries), as_json=as_json)
    summary = summarise_ends(ends, chosen)
    if csv:
        warn(f"{_write_csv(summary, csv, overwrite=overwrite)}: written")
    if as_json:
        print_json(to_json_value(summary.as_dict()))
    else:
        print_collapse(summary.as_dict())
    for reason in ends.left_out:
        warn(f"left out, {reason}")
    return 0


def _choose_metric(metric: str | None, summaries: Iterable[TrajectorySummary]) -> str | None:
    """The given metric, or the first distance that any trajectory has. Raises InputError if none has the given one."""
    listed = [*summaries]
    if metric is None:
        return choose_distance(listed)
    if metric not in (measured := distance_metrics(listed)):
        raise InputError(with_choices(f"none of these trajectories has a distance {metric}", metric, measured))
    return metric


def _read_ends(summaries: Sequence[TrajectorySummary], metric: str | None, *, as_json: bool) -> TrajectoryEnds:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with transient_progress(*columns, hidden=as_json and console.is_terminal) as progress:
        task = progress.add_task("reading last frames", total=len(summaries))
        return read_ends(summaries, metric, lambda done, total: progress.update(task, completed=done, total=total))


def _write_csv(summary: CollapseSummary, file: Path, *, overwrite: bool) -> Path:
    rows: list[dict[str, Any]] = collapse_rows(summary)
    if not rows:
        raise InputError("no trajectory is complete: there is nothing to write; see riptui resume")
    return write_csv(rows, file, overwrite=overwrite)
