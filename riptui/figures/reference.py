"""Reference curves from a CSV, e.g. the published means of the paper's data set, to overlay on figure 7."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

from riptui.errors import InputError
from riptui.metrics import find_metric
from riptui.store.disk import read_file
from riptui.text.units import format_inpainted

COLUMNS = ("metric", "mask", "inpainted", "mean", "sd")
MAX_BYTES = 2**26  # bytes


class ReferencePoint(NamedTuple):
    inpainted: float
    """%"""
    mean: float
    sd: float
    """nan if the file does not give it."""


@dataclass(frozen=True)
class ReferenceCurves:
    name: str
    """The file's name; not yet printable."""
    curves: dict[tuple[str, int], list[ReferencePoint]]
    """By metric and mask size in px; ascending."""


def read(file: Path) -> ReferenceCurves:
    """Read a UTF-8 CSV with the columns of `COLUMNS` in any order; others are ignored, and sd may be empty.

    Raises InputError with the line number; DiskError.
    """
    data = read_file(file, MAX_BYTES)
    if data is None:
        raise InputError(f"{file} does not exist: give a CSV with the columns {', '.join(COLUMNS)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{file}, line {line}: not UTF-8 text: save the table as CSV in UTF-8") from error
    found: defaultdict[tuple[str, int], dict[float, ReferencePoint]] = defaultdict(dict)
    for line, cells in _rows(file, text):
        try:
            key, point = _point(cells)
        except (ValueError, InputError) as error:
            raise InputError(f"{file}, line {line}: {error}") from error
        if found[key].setdefault(point.inpainted, point) is not point:
            label = f"{key[0]} at mask {key[1]} and {format_inpainted(point.inpainted)}"
            raise InputError(f"{file}, line {line}: {label} occurs twice: remove one of them")
    if not found:
        raise InputError(f"{file} has no rows after its header: it needs one for each {', '.join(COLUMNS[:3])}")
    return ReferenceCurves(file.name, {key: [points[x] for x in sorted(points)] for key, points in found.items()})


def _rows(file: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's line number and its cells by column name."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _require_columns(file, header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{file}, line {reader.line_num}: {len(cells)} cells, but the header has {len(header)}"
                )
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: not CSV ({error})") from error


def _require_columns(file: Path, header: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"{file}, line 1: missing column {', '.join(missing)}: give the columns {', '.join(COLUMNS)}, separated by "
            f"commas; got: {', '.join(header)[:200] or 'nothing'}"
        )
    if repeated := [name for name in COLUMNS if header.count(name) > 1]:
        raise InputError(f"{file}, line 1: the column {repeated[0]} occurs twice")


def _point(cells: dict[str, str]) -> tuple[tuple[str, int], ReferencePoint]:
    metric = cells["metric"].strip()
    find_metric(metric)
    mask = _number(cells, "mask", minimum=1)
    if mask != int(mask):
        raise ValueError(f"mask is {cells['mask'].strip()!r}: it must be a whole number of pixels")
    sd = _number(cells, "sd", minimum=0) if cells["sd"].strip() else nan
    return (metric, int(mask)), ReferencePoint(_number(cells, "inpainted", minimum=0), _number(cells, "mean"), sd)


def _number(cells: dict[str, str], column: str, minimum: float | None = None) -> float:
    text = cells[column].strip()
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{column} is {text[:40]!r}: it must be a number such as 0.25") from None
    if not isfinite(value) or (minimum is not None and value < minimum):
        raise ValueError(
            f"{column} is {text[:40]!r}: it must be {'finite' if minimum is None else f'at least {minimum}'}"
        )
    return value


def find_undrawn(reference: ReferenceCurves, drawn: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The metrics and mask sizes of a reference that are in no figure."""
    return sorted(reference.curves.keys() - set(drawn))
