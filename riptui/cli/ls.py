"""`riptui ls`: one line per trajectory. Lines are plain strings, so that 10,000 of them take a second."""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from riptui.cli.console import out, print_json, render_ansi, warn
from riptui.cli.copies import warn_of_copies
from riptui.cli.unlisted import UnlistedFolders
from riptui.metrics.display import format_value, primary_metric
from riptui.store.disk import explain_errors
from riptui.store.listing import TrajectorySummary, find_trajectories, summarize
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable, sparkline

MIXED_MARK = "≠"
FULL_ROW_COLUMNS = 80  # columns of the longest text behind the path


def ls(runs: Path, as_json: bool) -> int:
    with explain_errors(runs):
        is_folder = runs.is_dir()
    if not is_folder:
        raise click.UsageError(f"no folder {runs}; `riptui demo` creates ./runs with a first trajectory")
    unlisted = UnlistedFolders()
    summaries = [summarize(trajectory) for trajectory in find_trajectories(runs, on_error=unlisted)]
    if as_json:
        print_json([as_dict(summary) for summary in summaries])
    elif summaries:
        sys.stdout.write(format_table(summaries, runs))
        warn_of_copies([summary.trajectory for summary in summaries if summary.spec])
    elif not unlisted.count:
        warn(f"no trajectories in {runs}; `riptui demo` creates a first one")
    return 1 if unlisted.count else 0


def format_table(summaries: list[TrajectorySummary], runs: Path) -> str:
    """One line per trajectory, and a line of totals."""
    marks = {status: render_ansi(*mark) for status, mark in STATUS_MARKS.items()}
    paths = [printable(os.path.relpath(summary.trajectory.path, runs)) for summary in summaries]
    width = max(map(len, paths))
    columns = out.width - width - 4 if out.is_terminal else FULL_ROW_COLUMNS
    lines = []
    for summary, path in zip(summaries, paths, strict=True):
        cells = _format_cells(summary, columns)
        lines.append(f"{marks[_status(summary)]} {path:<{width}}  {cells}".rstrip())
    counts = Counter(map(_status, summaries))
    lines.append(render_ansi("  ".join(f"{count} {status}" for status, count in counts.most_common()), "dim"))
    return "\n".join(lines) + "\n"


def _format_cells(summary: TrajectorySummary, columns: int) -> str:
    """What fits behind the path, in this order: amount inpainted, newest value, sparkline, spec."""
    if summary.spec is None or summary.status is None:
        return printable(summary.error)
    spec = summary.spec
    name, values = primary_metric(summary.metrics)
    newest = f"{name} {format_value(values[-1])}" if values else ""
    progress = f"{summary.inpainted:>6.0f} % {MIXED_MARK if summary.mixed else ' '}"
    if columns < 30:
        return progress
    progress = f"{progress}{newest:<20}"
    if columns < 47:
        return progress
    progress = f"{progress} {sparkline(values[-16:])}"
    if columns < FULL_ROW_COLUMNS:
        return progress
    return f"{spec.inpainter:<14}{spec.mask:>5} px  seed {spec.seed:<4}{progress}"


def _status(summary: TrajectorySummary) -> str:
    return summary.status or "unreadable"


def as_dict(summary: TrajectorySummary) -> dict[str, Any]:
    """The JSON of one trajectory."""
    spec = summary.spec
    newest = next(reversed(summary.metrics.items()), None)
    return {
        "path": str(summary.trajectory.path),
        "status": _status(summary),
        "k": summary.k,
        "iterations": spec.iterations if spec else None,
        "inpainted": summary.inpainted,
        "coverage": summary.coverage,
        "digest": spec.digest if spec else None,
        "spec": msgspec.to_builtins(spec) if spec else None,
        "newest": {"k": newest[0], **newest[1]} if newest else None,
        "mixed": summary.mixed or None,
        "error": summary.error or None,
    }
