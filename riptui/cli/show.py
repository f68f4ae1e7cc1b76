"""`riptui show`: one trajectory in full."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from riptui.cli.console import out, print_json, print_line, print_table, short_path
from riptui.cli.runs_folder import runs_folder
from riptui.cli.setting_value import format_setting_value
from riptui.errors import InputError
from riptui.metrics.display import format_value
from riptui.store.annotations import peek_annotations
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.records import IterationRow
from riptui.store.sign_watch import read_silent
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import find_runs_folder
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable, sparkline
from riptui.text.units import format_silence

# Leading columns, whether names of metrics are folded, bars of a sparkline: the first layout that fits is used.
TABLE_LAYOUTS = (
    (("k", "inpainted", "coverage"), False, 20),
    (("k", "inpainted", "coverage"), True, 8),
    (("k", "inpainted"), True, 6),
    (("k",), True, 6),
)

ROWS_OF_TABLE = 7  # besides one for each measured value: headings, lines, sparklines


def show(paths: Sequence[Path], k: int | None, picture: bool | None, graphics: str | None, as_json: bool) -> int:
    trajectories = [Trajectory.open(path) for path in dict.fromkeys(paths)]
    if as_json:
        found = [*map(as_dict, trajectories)]
        print_json(found[0] if len(found) == 1 else found)
        return 0
    for position, trajectory in enumerate(trajectories):
        if position:
            out.print()
        _show(trajectory, k, picture, graphics)
    return 0


def _show(trajectory: Trajectory, k: int | None, picture: bool | None, graphics: str | None) -> None:
    rows = trajectory.read_rows()
    if k is not None and k > len(rows):
        raise InputError(f"{short_path(trajectory.path)} has frames 0 to {len(rows)}, not {k}")
    _print_spec(trajectory)
    _print_state(trajectory, rows)
    if picture or (picture is None and (graphics or out.is_terminal)):
        from riptui.cli.side_by_side import print_side_by_side  # reading frames takes OpenCV, 0.1 s

        print_side_by_side(
            trajectory,
            len(rows) if k is None else k,
            graphics,
            required=picture is True or graphics is not None,
            rows_below=values + ROWS_OF_TABLE if (values := len(trajectory.read_metrics())) else 0,
        )
    _print_metrics(trajectory, rows)


def as_dict(trajectory: Trajectory) -> dict[str, Any]:
    """The JSON of a trajectory."""
    rows = trajectory.read_rows()
    written = peek_annotations(trajectory.path)
    last = rows[-1] if rows else None
    return {
        "path": str(trajectory.path),
        "status": trajectory.read_status(),
        "silent": _read_silence(trajectory),
        "k": len(rows),
        "iterations": trajectory.spec.iterations,
        "inpainted": last.inpainted if last else 0.0,
        "coverage": last.coverage if last else 0.0,
        "digest": trajectory.spec.digest,
        "spec": msgspec.to_builtins(trajectory.spec),
        "request": msgspec.to_builtins(trajectory.request),
        "sessions": msgspec.to_builtins(trajectory.read_sessions()),
        "metrics": [{"k": k, **values} for k, values in trajectory.read_metrics().items()],
        "failure": msgspec.to_builtins(trajectory.failure),
        "holder": msgspec.to_builtins(trajectory.holder),
        "tags": written.tags,
        "note": written.note or None,
        "mixed": describe_mixed_sessions(trajectory, rows) or None,
    }


def _read_silence(trajectory: Trajectory) -> int:
    """For how many seconds its worker has given no sign; 0: it does, or there is none."""
    runs = find_runs_folder([trajectory], runs_folder())
    return read_silent(runs).get(trajectory.path.resolve(), 0) if trajectory.read_status() == "running" else 0


def _print_state(trajectory: Trajectory, rows: list[IterationRow]) -> None:
    spec, status = trajectory.spec, trajectory.read_status()
    mark, style = STATUS_MARKS[status]
    out.print(
        Text.assemble(
            (f"{mark} {trajectory.describe_status(status)}  ", style), (printable(short_path(trajectory.path)), "bold")
        )
    )
    inpainted, coverage = (rows[-1].inpainted, rows[-1].coverage) if rows else (0, 0)
    print_line(f"{spec.inpainter} · {spec.mask_title} · seed {spec.seed} · {spec.source_name}")
    print_line(f"iteration {len(rows)} of {spec.iterations} · {inpainted:.0f} % inpainted · {coverage:.1f} % coverage")
    written = peek_annotations(trajectory.path)
    if written.tags:
        print_line(" ".join(f"#{tag}" for tag in written.tags))
    for line in written.note.splitlines():
        print_line(line)
    if unlike := describe_mixed_sessions(trajectory, rows):
        print_line(f"mixed, its sessions differ: {unlike}", "yellow")
    if holder := trajectory.holder:
        silence = _read_silence(trajectory)
        text = f"; {format_silence(silence)}" if silence else ""
        print_line(f"process {holder.pid} on {holder.host} is running it{text}", "yellow" if silence else "")
    if (failure := trajectory.failure) and status == "failed":
        print_line(f"failed at iteration {failure.k}: {failure.error}", "red")
        path = short_path(trajectory.path)
        print_line(f"see the traceback with: riptui logs {path}; retry with: riptui resume {path}")


def _print_metrics(trajectory: Trajectory, rows: list[IterationRow]) -> None:
    names = list(dict.fromkeys(name for values in trajectory.read_metrics().values() for name in values))
    if names:
        print_table(
            _build_table(trajectory, rows, leading, names, fold=fold, bars=bars)
            for leading, fold, bars in TABLE_LAYOUTS
        )


def _build_table(
    trajectory: Trajectory, rows: list[IterationRow], leading: Sequence[str], names: list[str], *, fold: bool, bars: int
) -> Table:
    """All measured values: the leading columns, then one per metric with a sparkline of `bars` bars below."""
    metrics = trajectory.read_metrics()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True, padding=(0, 1 if len(leading) > 1 else 0))
    for heading in leading:
        table.add_column(heading, justify="right")
    for name in names:
        series = [value for values in metrics.values() if (value := values.get(name)) is not None]
        low, high = min(series, default=0.0), max(series, default=1.0)
        heading = re.sub("(?<=-)(?=..)|(?=@)", "\n", printable(name)) if fold else printable(name)
        footer = Text(sparkline(series[-bars:], low, high), "cyan")
        table.add_column(Text(heading), justify="right", footer=footer, overflow="fold")
    for k, values in metrics.items():
        coverage = rows[k - 1].coverage if 0 < k <= len(rows) else 0.0
        leading_cells = {
            "k": str(k),
            "inpainted": trajectory.spec.progress(k),
            "coverage": f"{coverage:.1f} %",
        }
        cells = [format_value(values[name]) if name in values else "" for name in names]
        table.add_row(*(leading_cells[heading] for heading in leading), *cells)
    return table


def _print_spec(trajectory: Trajectory) -> None:
    fields = msgspec.to_builtins(trajectory.spec) | {"digest": trajectory.spec.digest}
    for name, value in fields.items():
        out.print(Text.assemble((f"{name:<16}", "dim"), printable(format_setting_value(value))))
    out.print()
