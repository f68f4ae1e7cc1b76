"""`riptui export`: files for other programs and for people."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from riptui.cli.options import MeasureParam, path_argument
from riptui.spec import MeasureInterval
from riptui.text.terminal import printable

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
    type=MeasureParam(),
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
    at: MeasureInterval | None,
    overwrite: bool,
) -> int:
    """Export a trajectory's frames, an animation, the image sequence, its measurements.

    \b
    riptui export runs/cat/m128-s0 --strip drift.png --gif drift.gif
    """
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn

    from riptui import export as export_files
    from riptui.cli.console import print_line, transient_progress
    from riptui.spec import measured_iterations
    from riptui.store.trajectory import Trajectory

    if not (frames or gif or strip or csv or parquet):
        raise click.UsageError("nothing to export: give --frames DIR, --gif F, --strip F, --csv F or --parquet F")
    trajectory = Trajectory.open(path)
    computed = len(trajectory.read_rows())
    frame_numbers = None if at is None else [k for k in measured_iterations(trajectory.spec, at) if k <= computed]
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with transient_progress(*columns) as progress:

        def add_bar(target: Path) -> export_files.OnExportProgress:
            task = progress.add_task(printable(target.name), total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        if frames:
            files = export_files.write_frames(
                trajectory, frames, frame_numbers, overwrite=overwrite, on_progress=add_bar(frames)
            )
            print_line(f"{frames}: {len(files)} frames")
        if gif:
            print_line(
                str(
                    export_files.write_animation(
                        trajectory, gif, frame_numbers, overwrite=overwrite, on_progress=add_bar(gif)
                    )
                )
            )
        if strip:
            print_line(
                str(export_files.write_strip(trajectory, strip, overwrite=overwrite, on_progress=add_bar(strip)))
            )
        if csv:
            print_line(str(export_files.write_metrics_csv(trajectory, csv, overwrite=overwrite)))
        if parquet:
            print_line(str(export_files.write_metrics_parquet(trajectory, parquet, overwrite=overwrite)))
    return 0
