"""`riptui export`: frames, animations, strips and tables as files."""

import os
from pathlib import Path

import rich_click as click
from rich.progress import BarColumn, TaskProgressColumn, TextColumn

from riptui import export as export_files
from riptui.cli.console import out, print_json, print_line, short_path
from riptui.cli.transient_progress import transient_progress
from riptui.errors import InputError
from riptui.spec import MeasureInterval, measured_iterations
from riptui.store.listing import find_trajectories
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable


def export(
    path: Path,
    frames: Path | None,
    gif: Path | None,
    mp4: Path | None,
    png: Path | None,
    strip: Path | None,
    csv: Path | None,
    parquet: Path | None,
    features: tuple[str, ...],
    at: MeasureInterval | None,
    k: int | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    if not (frames or gif or mp4 or png or strip or csv or parquet):
        raise click.UsageError(
            "nothing to export: give --frames DIR, or a file for --gif, --mp4, --png, --strip, --csv or --parquet"
        )
    if k is not None and not png:
        raise click.UsageError("--frame K is the frame of --png FILE: give both")
    if mp4:
        export_files.require_video()  # before the others are written
    if features and not parquet:
        raise click.UsageError("--features are columns of the Parquet file: give --parquet FILE")
    _refuse_group(path, table=csv or parquet)
    trajectory = Trajectory.open(path)
    computed = len(trajectory.read_rows())
    numbers = None if at is None else [k for k in measured_iterations(trajectory.spec, at) if k <= computed]
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    written: dict[str, str] = {}
    with transient_progress(*columns, hidden=as_json and out.is_terminal) as progress:

        def add_bar(target: Path) -> export_files.OnExportProgress:
            task = progress.add_task(printable(target.name), total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        def tell(option: str, target: Path, more: str = "") -> None:
            written[option] = str(target)
            if not as_json:
                print_line(f"{target}{more}")

        if frames:
            bar = add_bar(frames)
            files = export_files.write_frames(trajectory, frames, numbers, overwrite=overwrite, on_progress=bar)
            tell("frames", frames, f": {len(files)} frames")
        if gif:
            export_files.write_animation(trajectory, gif, numbers, overwrite=overwrite, on_progress=add_bar(gif))
            tell("gif", gif)
        if mp4:
            export_files.write_video(trajectory, mp4, numbers, overwrite=overwrite, on_progress=add_bar(mp4))
            tell("mp4", mp4)
        if png:
            export_files.write_frame_png(trajectory, png, computed if k is None else k, overwrite=overwrite)
            tell("png", png)
        if strip:
            export_files.write_strip(trajectory, strip, overwrite=overwrite, on_progress=add_bar(strip))
            tell("strip", strip)
        if csv:
            tell("csv", export_files.write_metrics_csv(trajectory, csv, overwrite=overwrite))
        if parquet:
            table = export_files.write_metrics_parquet(trajectory, parquet, features=features, overwrite=overwrite)
            tell("parquet", table)
    if as_json:
        print_json(written)
    return 0


def _refuse_group(path: Path, *, table: Path | None) -> None:
    """Raises InputError for a folder of trajectories, with what takes one."""
    is_folder = os.path.isdir(path)  # noqa: PTH112  # Path.is_dir raises for a name that is too long
    if not is_folder or Trajectory(path).exists or next(iter(find_trajectories(path)), None) is None:
        return
    shown = short_path(path)
    advice = f"; riptui results {shown} --csv FILE makes a table of all of them" if table else ""
    raise InputError(f"{shown} is a group, and export takes one trajectory: see riptui ls {shown}{advice}")
