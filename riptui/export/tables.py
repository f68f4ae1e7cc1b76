"""The measurements as a table, CSV or Parquet. The tables of many trajectories can be put below one another."""

import csv as csv_files
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from math import inf, nan
from pathlib import Path

from riptui.errors import InputError, MissingExtraError
from riptui.export.target import require_file, write_whole
from riptui.metrics import in_order
from riptui.store.records import Values
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable

Cell = str | bool | int | float | None
Table = Sequence[Mapping[str, Cell]]
"""Rows that all have the same columns in the same order."""

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

CSV, PARQUET = [".csv"], [".parquet"]
FORMULA = ("=", "+", "-", "@")  # how a spreadsheet knows one; the others, tab and return, are escaped already


def rows_of(trajectory: Trajectory) -> list[dict[str, Cell]]:
    """A row for each measured frame, ascending: k, inpainted (%), coverage (%), and every metric there is.

    None: not measured. inf: the PSNR of equal pictures. nan: another value that is not finite.
    Raises DamagedError, DiskError, SpecError.
    """
    spec, coverage = trajectory.spec, trajectory.coverage()
    measured = {k: values for k, values in trajectory.metrics().items() if 0 <= k < len(coverage)}
    found = {name for values in measured.values() for name in values} - IDENTITY.keys() - PROGRESS.keys()
    names = in_order(found)
    rows: list[dict[str, Cell]] = []
    for k, values in measured.items():
        row: dict[str, Cell] = {"k": k, "inpainted": spec.inpainted(k), "coverage": coverage[k]}
        rows.append(row | {name: _value(name, values) for name in names})
    return rows


def csv(trajectory: Trajectory, file: Path, *, overwrite: bool = False) -> Path:
    """Write the measurements, with columns that identify the trajectory, as CSV in UTF-8; return the file.

    Raises what `write_csv` raises; InputError also if nothing is measured yet; DamagedError.
    """
    require_file(file, CSV, overwrite=overwrite)
    return write_csv(_identified(trajectory), file, overwrite=overwrite)


def parquet(trajectory: Trajectory, file: Path, *, overwrite: bool = False) -> Path:
    """Write the same table as Parquet; return the file.

    Raises what `write_parquet` raises; InputError also if nothing is measured yet; DamagedError.
    """
    require_file(file, PARQUET, overwrite=overwrite)
    return write_parquet(_identified(trajectory), IDENTITY | PROGRESS, file, overwrite=overwrite)


def write_csv(table: Table, file: Path, *, overwrite: bool = False) -> Path:
    """Write a table of at least one row as CSV in UTF-8; return the file.

    Numbers read back as exactly the same. An empty cell was not measured. Text that a spreadsheet would take for a
    formula has an apostrophe before it. Raises InputError: a bad suffix or target; DiskError.
    """
    require_file(file, CSV, overwrite=overwrite)
    out = StringIO()
    writer = csv_files.writer(out, lineterminator="\n")
    writer.writerow(map(_inert, table[0]))
    writer.writerows(map(_inert, row.values()) for row in table)
    write_whole(file, out.getvalue().encode())
    return file


def write_parquet(table: Table, kinds: Mapping[str, type], file: Path, *, overwrite: bool = False) -> Path:
    """Write a table of at least one row as Parquet; return the file. A null was not measured.

    `kinds`: a column's type; float where it has none. Raises MissingExtraError without pyarrow, and what `write_csv`
    raises.
    """
    require_file(file, PARQUET, overwrite=overwrite)
    try:
        import pyarrow as arrow  # of an extra
        from pyarrow import parquet as parquet_files
    except ModuleNotFoundError as error:
        raise MissingExtraError("export to Parquet", "pyarrow", "parquet") from error
    types = {str: arrow.string(), bool: arrow.bool_(), int: arrow.int64(), float: arrow.float64()}
    schema = arrow.schema([(name, types[kinds.get(name, float)]) for name in table[0]])
    out = BytesIO()
    parquet_files.write_table(arrow.Table.from_pylist(list(table), schema), out)
    write_whole(file, out.getvalue())
    return file


def _identified(trajectory: Trajectory) -> Table:
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


def _inert(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
