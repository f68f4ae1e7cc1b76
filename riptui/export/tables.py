"""The measurements as a table, CSV or Parquet. The tables of several trajectories can be concatenated."""

import csv as csv_files
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from riptui.arrays import FeatureVector
from riptui.errors import InputError
from riptui.export.files import require_file, write_atomically
from riptui.extras import importing
from riptui.features import canonical_name
from riptui.metrics.display import in_display_order
from riptui.metrics.values import MetricValues, number_of
from riptui.store.feature_file import read_features
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

TableCell = str | bool | int | float | None
TableData = Sequence[Mapping[str, TableCell]]
"""Rows that all have the same columns in the same order."""

VectorsByFrame = Mapping[tuple[Path, int], FeatureVector]
"""By trajectory and k."""

IDENTITY_COLUMNS = {
    "source_name": str,
    "inpainter": str,
    "mask": int,
    "order": str,
    "seed": int,
    "amount": float,
    "digest": str,
}
"""The spec fields that identify a trajectory's rows, and the types of their columns."""

PROGRESS_COLUMNS = {"k": int, "inpainted": float, "coverage": float}
"""A frame's progress: iteration, % inpainted (repeats counted), % of pixels repainted at least once."""

CSV_SUFFIXES, PARQUET_SUFFIXES = [".csv"], [".parquet"]
FORMULA_SIGNS = ("=", "+", "-", "@")
"""The first characters of a spreadsheet formula; the others, tab and return, are escaped already."""


def metric_rows(trajectory: Trajectory, also: Iterable[int] = ()) -> list[dict[str, TableCell]]:
    """One row per measured frame, ascending: k, inpainted (%), coverage (%), and all measured metrics, in the order of
    screens and of the report. `also`: frames that have a row although they were not measured.

    None: not measured. inf: the PSNR of equal pictures. nan: another value that is not finite.
    Raises DamagedError, DiskError, SpecError.
    """
    spec, coverage = trajectory.spec, trajectory.read_coverage()
    found_values: dict[int, MetricValues] = {k: {} for k in also} | trajectory.read_metrics()
    measured = {k: values for k, values in sorted(found_values.items()) if 0 <= k < len(coverage)}
    found = {name for values in measured.values() for name in values}
    names = in_display_order(sorted(found - IDENTITY_COLUMNS.keys() - PROGRESS_COLUMNS.keys()))
    rows: list[dict[str, TableCell]] = []
    for k, values in measured.items():
        row: dict[str, TableCell] = {"k": k, "inpainted": spec.inpainted(k), "coverage": coverage[k]}
        rows.append(row | {name: _cell_value(name, values) for name in names})
    return rows


def write_metrics_csv(trajectory: Trajectory, file: Path, *, overwrite: bool = False) -> Path:
    """Write the measurements, with columns that identify the trajectory, as CSV in UTF-8; return the file.

    Raises what `write_csv` raises; InputError also if nothing is measured yet; DamagedError.
    """
    require_file(file, CSV_SUFFIXES, overwrite=overwrite)
    return write_csv(identified_rows(trajectory), file, overwrite=overwrite)


def write_metrics_parquet(
    trajectory: Trajectory, file: Path, *, features: Sequence[str] = (), overwrite: bool = False
) -> Path:
    """Write the same table as Parquet, with a column of vectors for each of some feature extractors; return the file.

    Raises what `write_parquet` and `read_vectors` raise; InputError also if nothing is measured yet; DamagedError.
    """
    require_file(file, PARQUET_SUFFIXES, overwrite=overwrite)
    table, vectors = rows_with_vectors(trajectory, features)
    types = IDENTITY_COLUMNS | PROGRESS_COLUMNS
    return write_parquet(table, types, file, vectors=vectors, overwrite=overwrite)


def rows_with_vectors(
    trajectory: Trajectory, features: Sequence[str]
) -> tuple[TableData, dict[str, list[FeatureVector | None]]]:
    """`identified_rows`, also of frames that have features alone, and a column of vectors for each extractor."""
    found = read_vectors([trajectory], features)
    table = identified_rows(trajectory, {k for by_frame in found.values() for _, k in by_frame})
    frames = [(trajectory.path, int(str(row["k"]))) for row in table]
    return table, {name: [*map(by_frame.get, frames)] for name, by_frame in found.items()}


def read_vectors(trajectories: Iterable[Trajectory], features: Iterable[str]) -> dict[str, VectorsByFrame]:
    """The stored vectors by each extractor's name. Raises InputError for an extractor that there is not, or
    that none has vectors of."""
    listed = list(trajectories)
    found: dict[str, VectorsByFrame] = {}
    for name in map(canonical_name, features):
        found[name] = {
            (trajectory.path, k): vector
            for trajectory in listed
            for k, vector in read_features(trajectory, name).vectors.items()
        }
        if not found[name]:
            raise InputError(f"no features {printable(name)} are stored here: riptui measure PATH --metrics {name}")
    return found


def write_csv(table: TableData, file: Path, *, overwrite: bool = False) -> Path:
    """Write a table of at least one row as CSV in UTF-8; return the file.

    Numbers read back as exactly the same. An empty cell was not measured. Text that a spreadsheet would take for a
    formula has an apostrophe before it. Raises InputError: a bad suffix or target; DiskError.
    """
    require_file(file, CSV_SUFFIXES, overwrite=overwrite)
    out = StringIO()
    writer = csv_files.writer(out, lineterminator="\n")
    writer.writerow(map(_escape_formula, table[0]))
    writer.writerows(map(_escape_formula, row.values()) for row in table)
    write_atomically(file, out.getvalue().encode())
    return file


def write_parquet(
    table: TableData,
    column_types: Mapping[str, type],
    file: Path,
    *,
    vectors: Mapping[str, Sequence[FeatureVector | None]] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a table of at least one row as Parquet; return the file. A null was not measured.

    `column_types`: a column's type; float where it has none. `vectors`: columns "features NAME" by name, a vector or
    None for each row. Raises MissingExtraError, BrokenExtraError, and what `write_csv` raises.
    """
    require_file(file, PARQUET_SUFFIXES, overwrite=overwrite)
    arrow = import_pyarrow()
    types = {str: arrow.string(), bool: arrow.bool_(), int: arrow.int64(), float: arrow.float64()}
    schema = arrow.schema([(name, types[column_types.get(name, float)]) for name in table[0]])
    out = BytesIO()
    content = arrow.Table.from_pylist(list(table), schema)
    for name, column in (vectors or {}).items():
        values = arrow.array(column, arrow.list_(arrow.float32()))
        content = content.append_column(f"features {printable(name)}", values)
    arrow.parquet.write_table(content, out)
    write_atomically(file, out.getvalue())
    return file


def import_pyarrow() -> Any:
    """pyarrow, with its `parquet`. Raises MissingExtraError, BrokenExtraError."""
    with importing("export to Parquet", "parquet"):
        import pyarrow.parquet
    return pyarrow


def identified_rows(trajectory: Trajectory, also: Iterable[int] = ()) -> TableData:
    """`metric_rows` with the columns that identify their trajectory. Raises InputError if there are none."""
    rows = metric_rows(trajectory, also)
    if not rows:
        path = trajectory.path
        raise InputError(f"nothing is measured in {path} yet; add metrics with: riptui measure {path}")
    identity = {name: getattr(trajectory.spec, name) for name in IDENTITY_COLUMNS}
    identity["source_name"] = printable(trajectory.spec.source_name)
    return [identity | {printable(name): value for name, value in row.items()} for row in rows]


def _cell_value(name: str, values: MetricValues) -> float | None:
    """A metric's value in a table; the store has None for values that are not finite."""
    return number_of(name, values) if name in values else None


def _escape_formula(cell: TableCell) -> TableCell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell
