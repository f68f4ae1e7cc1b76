"""`riptui show`: one trajectory in full."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from riptui.cli.options import json_option, path_argument
from riptui.marks import MARKS

if TYPE_CHECKING:
    from rich.segment import Segments
    from rich.table import Table

    from riptui.store.records import Row
    from riptui.store.trajectory import Trajectory

PICTURE = 64  # columns of each of the two pictures, where the terminal has them

# Of the table: leading columns, whether metrics' names are folded, bars of a sparkline. The first that fits is taken.
LAYOUTS = (
    (("k", "inpainted", "coverage"), False, 20),
    (("k", "inpainted", "coverage"), True, 8),
    (("k", "inpainted"), True, 6),
    (("k",), True, 6),
)


@click.command(short_help="One trajectory in full, with pictures.")
@path_argument
@click.option("--frame", "k", type=click.IntRange(0), metavar="K", show_default="the last", help="Which frame to show.")
@click.option("--picture/--no-picture", default=None, show_default="on a terminal", help="Draw it in half blocks.")
@json_option
def show(path: Path, k: int | None, picture: bool | None, as_json: bool) -> int:
    """Show a trajectory: its spec and status, the original beside a frame, and all that was measured."""
    from riptui.cli.console import emit, out
    from riptui.store.trajectory import Trajectory

    trajectory = Trajectory.at(path)
    if as_json:
        emit(as_dict(trajectory))
        return 0
    rows = trajectory.rows()
    _tell_state(trajectory, rows)
    if picture or (picture is None and out.is_terminal):
        out.print(beside(trajectory, len(rows) if k is None else k), end="")
    _tell_metrics(trajectory, rows)
    _tell_spec(trajectory)
    return 0


def as_dict(trajectory: Trajectory) -> dict[str, Any]:
    """For scripts."""
    import msgspec

    from riptui.store.provenance import mixed

    rows = trajectory.rows()
    last = rows[-1] if rows else None
    return {
        "path": str(trajectory.path),
        "status": trajectory.status(),
        "k": len(rows),
        "iterations": trajectory.spec.iterations,
        "inpainted": last.inpainted if last else 0.0,
        "coverage": last.coverage if last else 0.0,
        "digest": trajectory.spec.digest,
        "spec": msgspec.to_builtins(trajectory.spec),
        "request": msgspec.to_builtins(trajectory.request),
        "sessions": msgspec.to_builtins(trajectory.sessions()),
        "metrics": [{"k": k, **values} for k, values in trajectory.metrics().items()],
        "failure": msgspec.to_builtins(trajectory.failure),
        "holder": msgspec.to_builtins(trajectory.holder),
        "mixed": mixed(trajectory, rows) or None,
    }


def beside(trajectory: Trajectory, k: int) -> Segments:
    """The original and frame k side by side in half blocks, captions below: as large as the terminal shows whole."""
    import cv2
    import numpy as np
    from rich.segment import Segment, Segments
    from rich.style import Style

    from riptui.cli.console import out
    from riptui.store.frames import frame, original
    from riptui.terminal import half_blocks

    side = max(4, min(PICTURE, (out.width - 2) // 2, 2 * out.height - 16)) // 2 * 2  # pixels; a cell has 1 x 2
    pair = [
        cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        for image in (original(trajectory), frame(trajectory, k))
    ]
    left, right = (list(Segment.split_lines(half_blocks(np.asarray(image)).segments)) for image in pair)
    lines = [segment for a, b in zip(left, right, strict=True) for segment in [*a, Segment("  "), *b, Segment.line()]]
    inpainted = f"frame {k}, {trajectory.spec.inpainted(k):.0f} %"
    caption = Segment(f"{'original'[:side]:<{side + 2}}{inpainted[:side]}\n", Style(dim=True))
    return Segments([*lines, caption])


def _tell_state(trajectory: Trajectory, rows: list[Row]) -> None:
    from rich.text import Text

    from riptui.cli.console import out, say, shown
    from riptui.store.provenance import mixed
    from riptui.terminal import printable

    spec, status = trajectory.spec, trajectory.status()
    mark, style = MARKS[status]
    out.print(Text.assemble((f"{mark} {status}  ", style), (printable(shown(trajectory.path)), "bold")))
    inpainted, coverage = (rows[-1].inpainted, rows[-1].coverage) if rows else (0, 0)
    say(f"{spec.inpainter} · {spec.mask} px · seed {spec.seed} · {spec.source_name}")
    say(f"iteration {len(rows)} of {spec.iterations} · {inpainted:.0f} % inpainted · {coverage:.1f} % coverage")
    if unlike := mixed(trajectory, rows):
        say(f"mixed, computed by unlike sessions: {unlike}", "yellow")
    if holder := trajectory.holder:
        say(f"computed by process {holder.pid} on {holder.host}")
    if (failure := trajectory.failure) and status == "failed":
        say(f"failed at iteration {failure.k}: {failure.error}", "red")
        path = shown(trajectory.path)
        say(f"the traceback is in {path}/log.txt; try again with: riptui resume {path}")


def _tell_metrics(trajectory: Trajectory, rows: list[Row]) -> None:
    from riptui.cli.console import tabulate

    names = list(dict.fromkeys(name for values in trajectory.metrics().values() for name in values))
    if names:
        tabulate(_table(trajectory, rows, leading, names, fold=fold, bars=bars) for leading, fold, bars in LAYOUTS)


def _table(
    trajectory: Trajectory, rows: list[Row], leading: Sequence[str], names: list[str], *, fold: bool, bars: int
) -> Table:
    """All that was measured, below the leading columns and one for each metric, with so many bars of a sparkline."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from riptui.terminal import printable, sparkline
    from riptui.values import number

    metrics = trajectory.metrics()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True, padding=(0, 1 if len(leading) > 1 else 0))
    for heading in leading:
        table.add_column(heading, justify="right")
    for name in names:
        series = [value for values in metrics.values() if (value := values.get(name)) is not None]
        low, high = min(series, default=0.0), max(series, default=1.0)
        heading = re.sub("(?<=-)|(?=@)", "\n", printable(name)) if fold else printable(name)
        footer = Text(sparkline(series[-bars:], low, high), "cyan")
        table.add_column(Text(heading), justify="right", footer=footer, overflow="fold")
    for k, values in metrics.items():
        coverage = rows[k - 1].coverage if 0 < k <= len(rows) else 0.0
        where = {"k": str(k), "inpainted": f"{trajectory.spec.inpainted(k):.0f} %", "coverage": f"{coverage:.1f} %"}
        cells = [number(values[name]) if name in values else "" for name in names]
        table.add_row(*(where[heading] for heading in leading), *cells)
    return table


def _tell_spec(trajectory: Trajectory) -> None:
    import msgspec
    from rich.text import Text

    from riptui.cli.console import out
    from riptui.terminal import printable

    fields = msgspec.to_builtins(trajectory.spec) | {"digest": trajectory.spec.digest}
    for name, value in fields.items():
        out.print(Text.assemble((f"{name:<16}", "dim"), printable(str(value))))
