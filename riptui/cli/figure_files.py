"""Write a figure to the files that were asked for, and its numbers beside the first of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from riptui import figures
from riptui.export.files import require_file
from riptui.export.tables import TableData, write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_with_table(
    draw: Callable[[], Figure], rows: TableData, files: Sequence[Path], *, overwrite: bool
) -> list[Path]:
    """Draw a figure, write it to each file, and its rows as CSV; return all files.

    The suffixes of the files are .png, .svg or .pdf. All targets are checked before anything is drawn. Raises
    InputError: a bad suffix or target; DiskError.
    """
    style = figures.style
    table = files[0].with_suffix(".csv")
    for file in files:
        require_file(file, [f".{kind}" for kind in style.FIGURE_KINDS], overwrite=overwrite)
    require_file(table, [".csv"], overwrite=overwrite)
    with style.styled():
        style.write_figure_files(draw(), files)
    return [*files, write_csv(rows, table, overwrite=overwrite)]
