"""The table of `riptui ls`: rows as short texts, so that of 100,000 summaries one is in memory at a time."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from riptui.cli.console import out, render_ansi
from riptui.metrics.display import format_value
from riptui.spec import Spec
from riptui.store.summary_cache import TrajectoryGlance
from riptui.store.trajectory import Trajectory
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import count_columns, fit_columns, fit_middle, printable, sparkline
from riptui.text.units import format_silence

MIXED_MARK = "≠"
VALUES_COLUMNS = 47  # of the amount, the newest value and its sparkline
SETTINGS_COLUMNS = 19  # of the mask size and the seed
MAX_INPAINTER_COLUMNS = 32
UNREADABLE_STATUS = "unreadable"


class TrajectoryLine(NamedTuple):
    """What a line can show; `format_table` leaves out what has no room."""

    trajectory: Trajectory
    status: str
    path: str
    """Below the listed folder."""
    inpainter: str
    settings: str
    progress: str
    newest: str
    bars: str
    tags: str
    error: str
    """Shown instead of all but the path, if the folder cannot be read."""


def make_lines(glances: Iterable[TrajectoryGlance], runs: Path) -> list[TrajectoryLine]:
    start = len(f"{runs}/")
    return [_make_line(glance, printable(os.fspath(glance.trajectory)[start:] or ".")) for glance in glances]


def _make_line(glance: TrajectoryGlance, path: str) -> TrajectoryLine:
    spec = glance.spec
    if spec is None or glance.status is None:
        inpainter = _name_inpainter(spec) if spec else ""
        error = printable(glance.error)
        return TrajectoryLine(glance.trajectory, UNREADABLE_STATUS, path, inpainter, "", "", "", "", "", error)
    values = glance.values
    mask = "image" if spec.whole_image else f"{spec.mask} px"
    return TrajectoryLine(
        glance.trajectory,
        glance.status,
        path,
        _name_inpainter(spec),
        f"{mask:>8}  seed {spec.seed:<4}",
        f"{glance.inpainted:>6.0f} % {MIXED_MARK if glance.mixed else ' '}",
        f"{glance.metric} {format_value(values[-1])}" if values else "",
        sparkline(values[-16:]),
        printable("".join([f"  #{tag}" for tag in glance.tags])),
        "",
    )


def _name_inpainter(spec: Spec) -> str:
    """stable-diffusion-2-inpainting 50 steps"""
    steps = spec.parameters.get("steps")
    return printable(f"{spec.inpainter_name} {steps} steps" if steps else spec.inpainter_name)


def format_table(lines: list[TrajectoryLine], silent: Mapping[Trajectory, int] = MappingProxyType({})) -> str:
    """One line per trajectory, and a line of totals. silent: for how many seconds running ones have given no sign."""
    marks = {status: render_ansi(*mark) for status, mark in STATUS_MARKS.items()}
    width = max(count_columns(line.path) for line in lines)
    columns = out.width - width - 4 if out.is_terminal else VALUES_COLUMNS + SETTINGS_COLUMNS + MAX_INPAINTER_COLUMNS
    inpainters = {line.inpainter for line in lines}
    inpainter_columns = min(max(map(count_columns, inpainters)), MAX_INPAINTER_COLUMNS)
    fitted = {inpainter: fit_middle(inpainter, inpainter_columns) for inpainter in inpainters}
    texts = []
    for line in lines:
        cells = _format_cells(line, fitted[line.inpainter], columns)
        if seconds := silent.get(line.trajectory):
            cells = f"{render_ansi(format_silence(seconds), 'yellow')}  {cells}"
        texts.append(f"{marks[line.status]} {fit_columns(line.path, width)}  {cells}".rstrip())
    counts = Counter("no sign" if line.trajectory in silent else line.status for line in lines)
    texts.append(render_ansi("  ".join(f"{count} {status}" for status, count in counts.most_common()), "dim"))
    return "\n".join(texts) + "\n"


def _format_cells(line: TrajectoryLine, inpainter: str, columns: int) -> str:
    """What fits behind the path, in this order: amount inpainted, newest value, sparkline, spec."""
    if line.error:
        return line.error
    if columns < 30:
        return line.progress
    values = f"{line.progress}{line.newest:<20}"
    if columns < VALUES_COLUMNS:
        return values
    if columns < VALUES_COLUMNS + SETTINGS_COLUMNS + len(inpainter):
        return f"{values} {line.bars}"
    return f"{inpainter}{line.settings}{values} {line.bars}{line.tags}"
