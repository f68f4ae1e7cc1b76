"""`riptui sheet`: pictures of many trajectories in rows and columns, as a figure for print."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from riptui import figures
from riptui.arrays import Image
from riptui.cli.chart import read_group
from riptui.cli.console import print_line, warn
from riptui.cli.figure_files import write_with_table
from riptui.cli.filtered import find_filtered
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import DamagedError, InputError, with_choices
from riptui.export.tables import TableCell
from riptui.metrics.display import format_value
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.tui.gallery.gallery_table import (
    GalleryAxes,
    GalleryCell,
    GalleryTable,
    build_gallery,
    metric_of,
    reached_point,
)

if TYPE_CHECKING:
    from riptui.figures.sheet import Tile

MAX_PICTURES = 600  # of a sheet


def sheet(
    paths: tuple[Path, ...],
    files: tuple[Path, ...],
    columns: str,
    by_seed: bool,
    inpainted: float | None,
    metric: str,
    filter_text: str,
    runs: Path,
    overwrite: bool,
) -> int:
    make_sheet = figures.sheet.make_sheet  # if matplotlib is missing, this fails before anything is read
    unlisted = UnlistedFolders()
    members = [*read_group(find_filtered(paths, [runs], filter_text, unlisted)).members.values()]
    table = build_gallery(
        members, GalleryAxes(columns, by_seed), reached_point(members) if inpainted is None else inpainted
    )
    if columns and table.column_kind != columns:
        raise InputError(with_choices(f"the columns cannot be {columns}", columns, table.column_kinds))
    count = sum(cell is not None and cell.is_computed for row in table.rows for cell in row.cells)
    if not 0 < count <= MAX_PICTURES:
        raise InputError(
            f"{count:,} pictures do not fit on a sheet, at most {MAX_PICTURES} do: choose fewer with --filter"
            if count
            else "no trajectory has come so far: give a smaller --at"
        )
    names = [name for member in members for name in member.names]
    if metric and metric not in names:
        raise InputError(with_choices(f"no picture has a value of {metric}", metric, dict.fromkeys(names)))
    metric = metric_of(members, metric)
    rows = [_row(cell, metric) for row in table.rows for cell in row.cells if cell is not None and cell.is_computed]
    tiles = _make_tiles(table, metric)
    for file in write_with_table(lambda: make_sheet(tiles), rows, files, overwrite=overwrite):
        print_line(str(file))
    return unlisted.exit_code


def _make_tiles(table: GalleryTable, metric: str) -> list[list[Tile]]:
    safe_label = figures.style.safe_label
    return [
        [
            figures.sheet.Tile(
                _read_picture(cell) if cell is not None and cell.is_computed else None,
                safe_label(name) if not y else "",
                safe_label(row.label, 24) if not x else "",
                label_below=_value_text(cell, metric),
            )
            for x, (name, cell) in enumerate(zip(table.columns, row.cells, strict=True))
        ]
        for y, row in enumerate(table.rows)
    ]


def _read_picture(cell: GalleryCell) -> Image | None:
    """The frame; None, with a warning, if it cannot be read."""
    try:
        return read_frame(Trajectory(Path(cell.member.path)), cell.k)
    except DamagedError as error:
        warn(f"left out: {error}")
        return None


def _value_text(cell: GalleryCell | None, metric: str) -> str:
    if cell is None or not cell.is_computed or not metric:
        return ""
    value = cell.value(metric)
    return "–" if isnan(value) else format_value(value)


def _row(cell: GalleryCell, metric: str) -> dict[str, TableCell]:
    spec = cell.member.spec
    row: dict[str, TableCell] = {
        "trajectory": printable(cell.member.path),
        "source": printable(spec.source_name),
        "image": spec.original_sha256,
        "inpainter": spec.inpainter,
        "mask": spec.mask,
        "seed": spec.seed,
        "k": cell.k,
        "inpainted": spec.inpainted(cell.k),
    }
    value = cell.value(metric) if metric else None
    return row | ({metric: None if value is None or isnan(value) else value} if metric else {})
