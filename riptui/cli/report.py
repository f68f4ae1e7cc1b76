"""`riptui report`: the paper's figures and findings from trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TaskProgressColumn, TextColumn

from riptui.cli.console import out as console
from riptui.cli.console import print_json, print_line, short_path, warn
from riptui.cli.results_tables import to_json_value
from riptui.cli.transient_progress import transient_progress
from riptui.cli.unlisted import UnlistedFolders
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count

if TYPE_CHECKING:
    from riptui.figures.report import WrittenReport

MAX_DAMAGED_LISTED = 5  # trajectories whose pictures cannot be read


def report(
    paths: tuple[Path, ...], out: Path, reference: Path | None, corpus: str | None, overwrite: bool, as_json: bool
) -> int:
    trajectories = find_all_trajectories(paths, on_error=UnlistedFolders())
    write_report(
        trajectories,
        out,
        reference=reference,
        rated_folders=paths,
        corpus=corpus,
        overwrite=overwrite,
        as_json=as_json,
    )
    return 0


def write_report(
    trajectories: Sequence[Trajectory],
    out: Path,
    *,
    reference: Path | None,
    rated_folders: Sequence[Path],
    corpus: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the report with a progress bar and print a summary. Raises InputError, DiskError."""
    from riptui.figures.report import write_report as write  # imports matplotlib, 0.5 s: a wrong path fails before

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with transient_progress(*columns, hidden=as_json and console.is_terminal) as progress:
        tasks = {}

        def show_progress(task_name: str, done: int, total: int) -> None:
            if task_name not in tasks:
                tasks[task_name] = progress.add_task(task_name, total=total)
            progress.update(tasks[task_name], completed=done, total=total)

        written = write(
            trajectories,
            out,
            reference=reference,
            rated_folders=rated_folders,
            corpus=corpus,
            overwrite=overwrite,
            on_progress=show_progress,
        )
    if as_json:
        print_json(to_json_value(written.as_dict()))
    else:
        _print_summary(written)


def _print_summary(written: WrittenReport) -> None:
    print_line(f"{short_path(written.folder / 'report.md')}: {format_count(len(written.all_figures), 'figure')}")
    print_line(f"{short_path(written.folder / 'report.html')}: the same in one file")
    for skipped in written.left_out:
        subject = f", {skipped.condition}" if skipped.condition else ""
        print_line(f"  left out: figure {skipped.number}{subject}: it needs {skipped.needs}", "dim")
    for message in (*written.damaged[:MAX_DAMAGED_LISTED], *written.notes):
        warn(message)
    if (more := len(written.damaged) - MAX_DAMAGED_LISTED) > 0:
        warn(f"and {more} more with unreadable frames; see riptui check")
    if written.unfinished:
        warn(f"left out, unfinished: {format_count(written.unfinished, 'trajectory')}; see riptui resume")
    if written.unreadable:
        warn(f"left out, unreadable: {format_count(len(written.unreadable), 'trajectory')}; see riptui check")
