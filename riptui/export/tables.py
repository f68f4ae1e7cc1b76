"""The measurements as a table, CSV or Parquet. The tables of many trajectories can be put below one another."""

import csv as csv_files
from io import BytesIO, StringIO
from math import inf, nan
from pathlib import Path
from typing import Any

from riptui.errors import InputError, MissingExtraError
from riptui.export.target import require_file, write_whole
from riptui.metrics import REGISTRY
from riptui.store.records import Values
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable

Cell = str | int | float | None

IDENTITY = {
    "source_name": str,
    "inpainter": str,
    "mask": int,
    "order": str,
    "seed": int,
    "amount": float,
    "digest": str,
}
"""The spec's fields that tell one trajectory's rows from another's, and the types of their columns."""

PROGRESS = {"k": int, "inpainted": float, "coverage": float}
"""How far a frame is along: iteration, % with repeats, % of the pixels."""

FORMULA = ("=", "+", "-", "@")  # how a spreadsheet knows one; the others, tab and return, are escaped already


def rows_of(trajectory: Trajectory) -> list[dict[str, Cell]]:
    """A row for each measured frame, ascending: k, inpainted (%), coverage (%), and every metric there is.

    None: not measured. inf: the PSNR of equal pictures. nan: another value that is not finite.
    Raises DamagedError, DiskError, SpecError.
    """
    spec, committed = trajectory.spec, trajectory.rows()
    measured = {k: values for k, values in trajectory.metrics().items() if 0 <= k <= len(committed)}
    names = {name for values in measured.values() for name in values} - IDENTITY.keys() - PROGRESS.keys()
    rows: list[dict[str, Cell]] = []
    for k, values in measured.items():
        coverage = committed[k - 1].coverage if k else 0.0
        row: dict[str, Cell] = {"k": k, "inpainted": spec.inpainted(k), "coverage": coverage}
        rows.append(row | {name: _value(name, values) for name in sorted(names, key=_place)})
    return rows


def csv(trajectory: Trajectory, file: Path, *, overwrite: bool = False) -> Path:
    """Write the measurements, with columns that identify the trajectory, as CSV in UTF-8; return the file.

    Values read back as exactly the same numbers. An empty cell was not measured. Text that a spreadsheet would take
    for a formula has an apostrophe before it. Raises InputError: a bad suffix or target, or nothing is measured yet;
    DiskError, DamagedError.
    """
    require_file(file, [".csv"], overwrite=overwrite)
    rows = _identified(trajectory)
    out = StringIO()
    writer = csv_files.writer(out, lineterminator="\n")
    writer.writerow(map(_inert, rows[0]))
    writer.writerows(map(_inert, row.values()) for row in rows)
    write_whole(file, out.getvalue().encode())
    return file


def parquet(trajectory: Trajectory, file: Path, *, overwrite: bool = False) -> Path:
    """Write the same table as Parquet; return the file. A null was not measured.

    Raises MissingExtraError without pyarrow, and what `csv` raises.
    """
    require_file(file, [".parquet"], overwrite=overwrite)
    try:
        import pyarrow as arrow  # of an extra
        from pyarrow import parquet as parquet_files
    except ModuleNotFoundError as error:
        raise MissingExtraError("export to Parquet", "pyarrow", "parquet") from error
    rows = _identified(trajectory)
    kinds = {str: arrow.string(), int: arrow.int64(), float: arrow.float64()}
    schema = arrow.schema([(name, kinds[(IDENTITY | PROGRESS).get(name, float)]) for name in rows[0]])
    out = BytesIO()
    parquet_files.write_table(arrow.Table.from_pylist(rows, schema), out)
    write_whole(file, out.getvalue())
    return file


def _identified(trajectory: Trajectory) -> list[dict[str, Any]]:
    """The rows behind the columns that identify their trajectory; at least one."""
    rows = rows_of(trajectory)
    if not rows:
        raise InputError(f"nothing is measured in {trajectory.path} yet: riptui measure {trajectory.path}")
    identity = {name: getattr(trajectory.spec, name) for name in IDENTITY}
    identity["source_name"] = printable(trajectory.spec.source_name)
    return [identity | {printable(name): value for name, value in row.items()} for row in rows]


def _value(name: str, values: Values) -> float | None:
    """A metric's value as a table holds it; the store has None for what is not finite."""
    if name not in values:
        return None
    value = values[name]
    return value if value is not None else inf if name.partition("@")[0] == "psnr" else nan


def _place(name: str) -> tuple[int, str]:
    """Sort key: as in the registry, @previous after the metric itself; names it does not have at the end."""
    known = [*REGISTRY]
    plain = name.partition("@")[0]
    return known.index(plain) if plain in known else len(known), name


def _inert(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
