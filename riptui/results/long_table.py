"""One tidy table of any trajectories: one row per measured frame, with its settings, progress and metrics."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from riptui.errors import InputError
from riptui.export.tables import PROGRESS_COLUMNS, TableCell, metric_rows, read_vectors, write_csv, write_parquet
from riptui.metrics.display import in_display_order
from riptui.results.curves import differing_settings, get_setting
from riptui.spec import ParameterValue
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

IDENTITY = {"group": str, "path": str, "source": str, "image": str, "inpainter": str, "mask": int, "seed": int}
"""The columns that identify a trajectory, and their types. `image` is the SHA-256 of frame 0's pixels."""


def build_table(
    trajectories: Iterable[Trajectory], also: Mapping[Path, Iterable[int]] | None = None
) -> list[dict[str, TableCell]]:
    """One row per measured frame of each trajectory, all with the same columns in the same order.

    The columns: `IDENTITY`; the spec fields and inpainter's parameters that differ between trajectories; k, inpainted
    (%), coverage (%); the metrics in the order of screens and of the report. None: not measured, or no such parameter.
    `also`: further frames that have a row, by the trajectory's folder.
    Raises InputError if nothing is measured; DamagedError, DiskError, SpecError.
    """
    listed = list(trajectories)
    measured = [(trajectory, metric_rows(trajectory, (also or {}).get(trajectory.path, ()))) for trajectory in listed]
    differing = [
        name for name in differing_settings([trajectory.spec for trajectory in listed]) if name not in IDENTITY
    ]
    names = {name for _, rows in measured for row in rows for name in row} - PROGRESS_COLUMNS.keys()
    metrics = in_display_order(sorted(names))
    columns = {name: _free_column(name, {*IDENTITY, *differing}) for name in metrics}
    rows = []
    for trajectory, found in measured:
        identity = _identity(trajectory) | {name: _cell(get_setting(trajectory.spec, name)) for name in differing}
        for row in found:
            progress: dict[str, TableCell] = {name: row[name] for name in PROGRESS_COLUMNS}
            rows.append(identity | progress | {column: row.get(name) for name, column in columns.items()})
    if not rows:
        raise InputError("nothing is measured in these trajectories yet; add metrics with riptui measure")
    return rows


def to_csv(trajectories: Iterable[Trajectory], file: Path, *, overwrite: bool = False) -> Path:
    """Write the table as CSV; return the file. Raises what `build_table` and `export.tables.write_csv` raise."""
    return write_csv(build_table(trajectories), file, overwrite=overwrite)


def to_parquet(
    trajectories: Iterable[Trajectory], file: Path, *, features: Sequence[str] = (), overwrite: bool = False
) -> Path:
    """Write the table as Parquet, with the stored features by some extractors; return the file.

    Raises as `build_table`, `export.tables.write_parquet` and `export.tables.read_vectors`.
    """
    listed = list(trajectories)
    found = read_vectors(listed, features)
    also: defaultdict[Path, set[int]] = defaultdict(set)
    for path, k in (frame for by_frame in found.values() for frame in by_frame):
        also[path].add(k)
    rows = build_table(listed, also)
    paths = {printable(str(trajectory.path)): trajectory.path for trajectory in listed}
    frames = [(paths[str(row["path"])], int(str(row["k"]))) for row in rows]
    vectors = {name: [*map(by_frame.get, frames)] for name, by_frame in found.items()}
    known = takewhile(lambda name: name != "k", rows[0])
    types = {name: _column_type(row[name] for row in rows) for name in known}
    mixed = [name for name, kind in types.items() if kind is str]
    as_text = [row | {name: str(row[name]) for name in mixed if row[name] is not None} for row in rows]
    return write_parquet(as_text, types | IDENTITY | PROGRESS_COLUMNS, file, vectors=vectors, overwrite=overwrite)


def _identity(trajectory: Trajectory) -> dict[str, TableCell]:
    spec = trajectory.spec
    return {
        "group": printable(trajectory.path.parent.name),
        "path": printable(str(trajectory.path)),
        "source": printable(spec.source_name),
        "image": spec.original_sha256,
        "inpainter": spec.inpainter,
        "mask": spec.mask,
        "seed": spec.seed,
    }


def settings_cells(settings: Mapping[str, ParameterValue]) -> dict[str, TableCell]:
    """Settings as cells of a table, safe to print."""
    return {printable(name): _cell(value) for name, value in settings.items()}


def _cell(value: ParameterValue) -> TableCell:
    return printable(value) if isinstance(value, str) else value


def _free_column(metric: str, taken: Collection[str]) -> str:
    """A metric's column name: its own, unless another column has it; a foreign metrics.jsonl may use any name."""
    name = printable(metric)
    return f"metric {name}" if name in taken else name


def _column_type(cells: Iterable[TableCell]) -> type:
    """The narrowest type that can hold all cells."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    if len(kinds) == 1:
        return kinds.pop()
    return float if kinds <= {int, float} else str
