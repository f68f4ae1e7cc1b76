"""`riptui ls`: one line a trajectory. 10,000 of them take a second, so lines are plain strings."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from riptui.cli.options import folders_below, json_option, runs_folder
from riptui.marks import MARKS

if TYPE_CHECKING:
    from riptui.store.listing import Summary

MIXED = "≠"
WIDEST = 80  # columns of all that can be told behind the path


@click.command(short_help="List trajectories: status, how far, newest value.")
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path),
    shell_complete=folders_below,
)
@json_option
def ls(runs: Path, as_json: bool) -> int:
    """List the trajectories below RUNS: status, how far, the newest value of a metric.

    Without RUNS: $RIPTUI_RUNS, the runs folder of the settings, or ./runs.

    \b
    ✓ done   ● running   ○ queued   ‖ paused   ◼ interrupted   ✗ failed   ! unreadable
    ≠ mixed: computed on unlike devices, versions or batches; riptui show says how they differ
    """
    from riptui.cli.console import emit, note
    from riptui.store.disk import explained
    from riptui.store.listing import find, summarize

    with explained(runs):
        there = runs.is_dir()
    if not there:
        raise click.UsageError(f"there is no folder {runs}; `riptui demo` makes ./runs with a first trajectory")
    summaries = [summarize(trajectory) for trajectory in find(runs)]
    if as_json:
        emit([as_dict(summary) for summary in summaries])
    elif summaries:
        sys.stdout.write(table(summaries, runs))
    else:
        note(f"no trajectories in {runs}; `riptui demo` makes a first one")
    return 0


def table(summaries: list[Summary], runs: Path) -> str:
    """Lines of columns, and a line of totals."""
    from riptui.cli.console import out, rendered
    from riptui.terminal import printable

    marks = {status: rendered(*mark) for status, mark in MARKS.items()}
    paths = [printable(os.path.relpath(summary.trajectory.path, runs)) for summary in summaries]
    width = max(map(len, paths))
    room = out.width - width - 4 if out.is_terminal else WIDEST
    lines = []
    for summary, path in zip(summaries, paths, strict=True):
        cells = _cells(summary, room)
        lines.append(f"{marks[_status(summary)]} {path:<{width}}  {cells}".rstrip())
    counts = Counter(map(_status, summaries))
    lines.append(rendered("  ".join(f"{count} {status}" for status, count in counts.most_common()), "dim"))
    return "\n".join(lines) + "\n"


def _cells(summary: Summary, room: int) -> str:
    """As much behind the path as there are columns for: how far, newest value, sparkline, spec, in that order."""
    from riptui.terminal import printable, sparkline
    from riptui.values import headline, number

    if summary.spec is None:
        return printable(summary.error)
    spec = summary.spec
    name, values = headline(summary.metrics)
    newest = f"{name} {number(values[-1])}" if values else ""
    far = f"{summary.inpainted:>6.0f} % {MIXED if summary.mixed else ' '}"
    if room < 30:
        return far
    far = f"{far}{newest:<20}"
    if room < 47:
        return far
    far = f"{far} {sparkline(values[-16:])}"
    return f"{spec.inpainter:<14}{spec.mask:>5} px  seed {spec.seed:<4}{far}" if room >= WIDEST else far


def _status(summary: Summary) -> str:
    return summary.status or "unreadable"


def as_dict(summary: Summary) -> dict[str, Any]:
    """For scripts."""
    import msgspec

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
