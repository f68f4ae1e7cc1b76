"""`riptui ls`: one line per trajectory. Lines are plain strings, so that 10,000 of them take a second."""

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import rich_click as click

from riptui.cli.console import out, print_json, render_ansi, warn
from riptui.cli.copies import warn_of_copies
from riptui.cli.lazy import lazy
from riptui.cli.runs_folder import runs_folder
from riptui.cli.unlisted import UnlistedFolders
from riptui.metrics.display import format_value, primary_metric
from riptui.spec import Spec
from riptui.store.disk_errors import explain_errors
from riptui.store.listing import TrajectorySummary
from riptui.store.summary_cache import SummaryCache
from riptui.store.trajectory import Status, Trajectory
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import count_columns, fit_columns, fit_middle, printable, sparkline
from riptui.text.units import format_count, format_silence

select_matching = lazy("riptui.cli.filtered:select_matching")
find_runs_folder = lazy("riptui.store.worker_registry:find_runs_folder")
read_silent = lazy("riptui.store.sign_watch:read_silent")

MIXED_MARK = "≠"
VALUES_COLUMNS = 47  # of the amount, the newest value and its sparkline
SETTINGS_COLUMNS = 19  # of the mask size and the seed
MAX_INPAINTER_COLUMNS = 32


def ls(runs: Path, filter_text: str, as_json: bool) -> int:
    with explain_errors(runs):
        is_folder = runs.is_dir()
    if not is_folder:
        raise click.UsageError(f"{runs} does not exist; `riptui demo` creates ./runs with a first trajectory")
    unlisted = UnlistedFolders()
    cache = SummaryCache(runs)
    summaries = [*cache.walk(on_error=unlisted)]
    cache.save()
    total = len(summaries)
    if filter_text.strip():
        summaries = select_matching(summaries, runs, filter_text)
    silent = _read_silent(summaries)
    if as_json:
        print_json([as_dict(summary, silent.get(summary.trajectory, 0)) for summary in summaries])
    elif summaries:
        sys.stdout.write(format_table(summaries, runs, silent))
        warn_of_copies([summary.trajectory for summary in summaries if summary.spec])
    elif total:
        warn(f"none of {format_count(total, 'trajectory')} matches {filter_text}")
    elif not unlisted.count:
        warn(f"no trajectories in {runs}; `riptui demo` creates a first one")
    return 1 if unlisted.count else 0


def _read_silent(summaries: Sequence[TrajectorySummary]) -> dict[Trajectory, int]:
    """For how many seconds the workers of running trajectories have given no sign; only those that give none."""
    running = [summary.trajectory for summary in summaries if summary.status is Status.RUNNING]
    if not running:
        return {}
    silent = read_silent(find_runs_folder(running, runs_folder()))
    return {trajectory: seconds for trajectory in running if (seconds := silent.get(trajectory.path.resolve()))}


def format_table(
    summaries: list[TrajectorySummary], runs: Path, silent: Mapping[Trajectory, int] = MappingProxyType({})
) -> str:
    """One line per trajectory, and a line of totals."""
    marks = {status: render_ansi(*mark) for status, mark in STATUS_MARKS.items()}
    start = len(f"{runs}/")
    paths = [printable(os.fspath(one.trajectory)[start:] or ".") for one in summaries]
    width = max(map(count_columns, paths))
    columns = out.width - width - 4 if out.is_terminal else VALUES_COLUMNS + SETTINGS_COLUMNS + MAX_INPAINTER_COLUMNS
    inpainters = [_name_inpainter(summary.spec) if summary.spec else "" for summary in summaries]
    inpainter_columns = min(max(map(count_columns, inpainters)), MAX_INPAINTER_COLUMNS)
    lines = []
    for summary, path, inpainter in zip(summaries, paths, inpainters, strict=True):
        cells = _format_cells(summary, fit_middle(inpainter, inpainter_columns), columns)
        if seconds := silent.get(summary.trajectory):
            cells = f"{render_ansi(format_silence(seconds), 'yellow')}  {cells}"
        lines.append(f"{marks[_status(summary)]} {fit_columns(path, width)}  {cells}".rstrip())
    counts = Counter("no sign" if summary.trajectory in silent else _status(summary) for summary in summaries)
    lines.append(render_ansi("  ".join(f"{count} {status}" for status, count in counts.most_common()), "dim"))
    return "\n".join(lines) + "\n"


def _name_inpainter(spec: Spec) -> str:
    """stable-diffusion-2-inpainting 50 steps"""
    steps = spec.parameters.get("steps")
    return printable(f"{spec.inpainter_name} {steps} steps" if steps else spec.inpainter_name)


def _format_cells(summary: TrajectorySummary, inpainter: str, columns: int) -> str:
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
    if columns < VALUES_COLUMNS:
        return progress
    progress = f"{progress} {sparkline(values[-16:])}"
    if columns < VALUES_COLUMNS + SETTINGS_COLUMNS + len(inpainter):
        return progress
    tags = "".join(f"  #{tag}" for tag in summary.annotations.tags)
    mask = "image" if spec.whole_image else f"{spec.mask} px"
    return f"{inpainter}{mask:>8}  seed {spec.seed:<4}{progress}{printable(tags)}"


def _status(summary: TrajectorySummary) -> str:
    return summary.status or "unreadable"


def as_dict(summary: TrajectorySummary, silent: int = 0) -> dict[str, Any]:
    """The JSON of one trajectory."""
    spec = summary.spec
    newest = next(reversed(summary.metrics.items()), None)
    return {
        "path": str(summary.trajectory.path),
        "status": _status(summary),
        "silent": silent,
        "k": summary.k,
        "iterations": spec.iterations if spec else None,
        "inpainted": summary.inpainted,
        "coverage": summary.coverage,
        "digest": spec.digest if spec else None,
        "spec": msgspec.to_builtins(spec) if spec else None,
        "newest": {"k": newest[0], **newest[1]} if newest else None,
        "mixed": summary.mixed or None,
        "tags": summary.annotations.tags,
        "note": summary.annotations.note or None,
        "error": summary.error or None,
    }
