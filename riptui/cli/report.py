"""`riptui report`: the paper's figures and findings from trajectories."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from riptui import figures
from riptui.cli.console import print_json, print_line, short_path, warn, warn_left_out_count
from riptui.cli.results_tables import to_json_value
from riptui.cli.transient_progress import named_bars, show_by_stage
from riptui.cli.unlisted import UnlistedFolders
from riptui.figures.figure import describe_skipped
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count

if TYPE_CHECKING:
    from riptui.figures.report import WrittenReport
    from riptui.figures.report_data import OnReportProgress

ReportDisplay = Literal["auto", "json", "none"]
"""How progress is shown."""
JSON_INTERVAL_SECONDS = 0.2  # between two JSON objects of one stage
MAX_DAMAGED_LISTED = 5  # trajectories whose pictures cannot be read


def report(paths: tuple[Path, ...], out: Path, **options: Any) -> int:
    """options: as `write_report`."""
    unlisted = UnlistedFolders()
    write_report(find_all_trajectories(paths, on_error=unlisted), out, paths, **options)
    return unlisted.exit_code


def write_report(
    trajectories: Sequence[Trajectory],
    out: Path,
    rated_folders: Sequence[Path],
    *,
    display: ReportDisplay,
    as_json: bool,
    **options: Any,
) -> None:
    """Write the report, show its progress, and print a summary.

    options: those of `figures.report.write_report`. Raises what it raises.
    """
    bars = _bars(as_json=as_json, hidden=display == "none")
    with _json_progress() if display == "json" else bars as show_progress:
        written = figures.report.write_report(
            trajectories, out, rated_folders=rated_folders, on_progress=show_progress, **options
        )
    if display == "json":
        print_json({"event": "written", **to_json_value(written.as_dict())})
    elif as_json:
        print_json(to_json_value(written.as_dict()))
    else:
        _print_summary(written)


@contextmanager
def _bars(*, as_json: bool, hidden: bool) -> Iterator[OnReportProgress]:
    with named_bars(as_json=as_json, in_percent=True, hidden=hidden) as begin:
        yield show_by_stage(begin)


@contextmanager
def _json_progress() -> Iterator[OnReportProgress]:
    """An object at the beginning of each stage, and then now and again."""
    last_stage, last_output = "", 0.0

    def show(stage: str, done: int, total: int) -> None:
        nonlocal last_stage, last_output
        if stage != last_stage or time.monotonic() - last_output > JSON_INTERVAL_SECONDS:
            last_stage, last_output = stage, time.monotonic()
            print_json({"event": "progress", "stage": stage, "done": done, "total": total})

    yield show


def _print_summary(written: WrittenReport) -> None:
    print_line(f"{short_path(written.folder / 'report.md')}: {format_count(len(written.all_figures), 'figure')}")
    print_line(f"{short_path(written.folder / 'report.html')}: the same in one file")
    for reason in describe_skipped(written.left_out):
        print_line(f"  left out: {reason}", "dim")
    for message in (*written.damaged[:MAX_DAMAGED_LISTED], *written.notes):
        warn(message)
    if (more := len(written.damaged) - MAX_DAMAGED_LISTED) > 0:
        warn(f"and {more} more with unreadable frames; see riptui check")
    warn_left_out_count("unfinished", written.unfinished, see="riptui resume")
    warn_left_out_count("unreadable", len(written.unreadable), see="riptui check")
