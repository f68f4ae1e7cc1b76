"""`riptui export`: files for other programs and for people."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from riptui.cli.options import Every, path_argument
from riptui.spec import Measure
from riptui.terminal import printable

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Frames, an animation, the image sequence, tables.")
@path_argument
@click.option("--frames", type=click.Path(path_type=Path), metavar="DIR", help="Whole frames as PNG, one file each.")
@click.option("--gif", type=FILE, metavar="F", help="An animation: .gif, .webp or .png by the file's ending.")
@click.option("--strip", type=FILE, metavar="F", help="The paper's image sequence: a picture every 50 %, side by side.")
@click.option("--csv", type=FILE, metavar="F", help="All that was measured, a row for each measured frame.")
@click.option("--parquet", type=FILE, metavar="F", help="The same for pandas and others (extra [parquet]).")
@click.option(
    "--at",
    type=Every(),
    show_default="--frames: every; --gif: about 64 frames",
    help="Which frames --frames and --gif take: half (every 50 %), every, or every N iterations.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
def export(
    path: Path,
    frames: Path | None,
    gif: Path | None,
    strip: Path | None,
    csv: Path | None,
    parquet: Path | None,
    at: Measure | None,
    overwrite: bool,
) -> int:
    """Export a trajectory's frames, an animation, the image sequence, its measurements.

    \b
    riptui export runs/cat/m128-s0 --strip drift.png --gif drift.gif
    """
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn

    from riptui import export as to
    from riptui.cli.console import passing, say
    from riptui.spec import points
    from riptui.store.trajectory import Trajectory

    if not (frames or gif or strip or csv or parquet):
        raise click.UsageError("nothing to export: give --frames DIR, --gif F, --strip F, --csv F or --parquet F")
    trajectory = Trajectory.at(path)
    computed = len(trajectory.rows())
    taken = None if at is None else [k for k in points(trajectory.spec, at) if k <= computed]
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with passing(*columns) as progress:

        def bar(target: Path) -> to.OnProgress:
            task = progress.add_task(printable(target.name), total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        if frames:
            files = to.frames_to(trajectory, frames, taken, overwrite=overwrite, on_progress=bar(frames))
            say(f"{frames}: {len(files)} frames")
        if gif:
            say(str(to.gif(trajectory, gif, taken, overwrite=overwrite, on_progress=bar(gif))))
        if strip:
            say(str(to.strip(trajectory, strip, overwrite=overwrite, on_progress=bar(strip))))
        if csv:
            say(str(to.csv(trajectory, csv, overwrite=overwrite)))
        if parquet:
            say(str(to.parquet(trajectory, parquet, overwrite=overwrite)))
    return 0
