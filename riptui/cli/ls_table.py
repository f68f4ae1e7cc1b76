"""The table of `riptui ls`."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from riptui.cli.console import out, render_ansi
from riptui.metrics.display import format_value
from riptui.spec import Spec
from riptui.store.glance import TrajectoryGlance
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import count_columns, fit_columns, fit_middle, printable
from riptui.text.units import format_silence

MIXED_MARK = "≠"
AMOUNT_COLUMNS = 30  # of the amount and the newest value
VALUES_COLUMNS = 47  # of the amount, the newest value and its sparkline
SETTINGS_COLUMNS = 19  # of the mask size and the seed
MAX_INPAINTER_COLUMNS = 32
UNREADABLE_STATUS = "unreadable"


def format_table(
    glances: Sequence[TrajectoryGlance], runs: Path | None, silent: Mapping[str, int] = MappingProxyType({})
) -> str:
    """One line per trajectory, and a line of totals.

    runs: the folder from which paths are told; None: as they are.
    silent: for how many seconds running ones, by their folders, have given no sign.
    """
    marks = {status: render_ansi(*mark) for status, mark in STATUS_MARKS.items()}
    start = len(f"{runs}/") if runs else 0
    paths = [printable(glance.folder[start:] or ".") for glance in glances]
    width = max(map(count_columns, paths))
    row = _RowFormat(glances, out.width - width - 4 if out.is_terminal else sys.maxsize)
    statuses = [_name_status(glance) for glance in glances]
    texts = []
    for glance, path, status in zip(glances, paths, statuses, strict=True):
        cells = row.format_cells(glance)
        if seconds := silent.get(glance.folder):
            cells = f"{render_ansi(format_silence(seconds), 'yellow')}  {cells}"
        texts.append(f"{marks[status]} {fit_columns(path, width)}  {cells}".rstrip())
    counts = Counter(
        ["no sign" if glance.folder in silent else status for glance, status in zip(glances, statuses, strict=True)]
    )
    texts.append(render_ansi("  ".join(f"{count} {status}" for status, count in counts.most_common()), "dim"))
    return "\n".join(texts) + "\n"


def _name_status(glance: TrajectoryGlance) -> str:
    return UNREADABLE_STATUS if glance.spec is None or glance.status is None else glance.status


class _RowFormat:
    """What fits behind the path, in this order: amount inpainted, newest value, sparkline, spec."""

    def __init__(self, glances: Iterable[TrajectoryGlance], columns: int) -> None:
        specs = {id(glance.spec): glance.spec for glance in glances if glance.spec}  # few: seeds share them
        names = {number: _name_inpainter(spec) for number, spec in specs.items()}
        width = min(max(map(count_columns, names.values()), default=0), MAX_INPAINTER_COLUMNS)
        self._columns = columns
        self._has_settings = columns >= VALUES_COLUMNS + SETTINGS_COLUMNS + width
        fitted = {number: fit_middle(name, width) for number, name in names.items()}
        self._settings = {number: f"{fitted[number]}{_name_mask(spec):>8}" for number, spec in specs.items()}

    def format_cells(self, glance: TrajectoryGlance) -> str:
        if glance.spec is None or glance.status is None:
            return printable(glance.error)
        cells = f"{glance.inpainted:>6.0f} % {MIXED_MARK if glance.mixed else ' '}"
        if self._columns < AMOUNT_COLUMNS:
            return cells
        newest = "" if glance.newest is None else f"{glance.metric} {format_value(glance.newest)}"
        cells = f"{cells}{newest:<20}"
        if self._columns < VALUES_COLUMNS:
            return cells
        if not self._has_settings:
            return f"{cells} {glance.bars}"
        tags = printable("".join([f"  #{tag}" for tag in glance.tags])) if glance.tags else ""
        return f"{self._settings[id(glance.spec)]}  seed {glance.seed:<4}{cells} {glance.bars}{tags}"


def _name_inpainter(spec: Spec) -> str:
    """stable-diffusion-2-inpainting 50 steps"""
    steps = spec.parameters.get("steps")
    return printable(f"{spec.inpainter_name} {steps} steps" if steps else spec.inpainter_name)


def _name_mask(spec: Spec) -> str:
    return "image" if spec.whole_image else f"{spec.mask} px"
