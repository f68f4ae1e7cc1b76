"""`riptui export`: frames, animations, strips and tables as files."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import rich_click as click

from riptui import export as export_files
from riptui.cli.console import print_json, print_line, short_path
from riptui.cli.transient_progress import ShowProgress, named_bars
from riptui.errors import InputError
from riptui.export import animation, png_frames, strip, tables, video
from riptui.export.files import require_file
from riptui.spec import MeasureInterval, measured_iterations
from riptui.store.listing import find_trajectories
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

SUFFIXES: Mapping[str, Sequence[str]] = {
    "gif": [*animation.FORMATS],
    "mp4": video.SUFFIXES,
    "png": [".png"],
    "strip": [".png"],
    "csv": tables.CSV_SUFFIXES,
    "parquet": tables.PARQUET_SUFFIXES,
}
"""By the option whose file has one of them."""


def export(
    path: Path,
    features: tuple[str, ...],
    at: MeasureInterval | None,
    k: int | None,
    overwrite: bool,
    as_json: bool,
    **files: Path | None,
) -> int:
    """files: by the options that take one, `frames` and those of SUFFIXES."""
    targets = {option: target for option in ("frames", *SUFFIXES) if (target := files[option])}
    _require_consistent(targets, k, features)
    _refuse_group(path, targets)
    trajectory = Trajectory.open(path)
    computed = len(trajectory.read_rows())
    numbers = None if at is None else [k for k in measured_iterations(trajectory.spec, at) if k <= computed]
    last = computed if k is None else k
    for option, target in targets.items():
        _require_target(option, target, overwrite=overwrite)
    if "png" in targets and last > computed:
        raise InputError(f"{short_path(trajectory.path)} has frames 0 to {computed}, not {last}")
    _require_contents(trajectory, targets, numbers, features)
    with named_bars(as_json=as_json, in_percent=True) as begin:
        writers = _list_writers(trajectory, numbers, last, features, begin, overwrite=overwrite)
        for option, target in targets.items():
            written = writers[option](target)
            if not as_json:
                print_line(f"{target}: {len(written)} frames" if isinstance(written, list) else str(target))
    if as_json:
        print_json({option: str(target) for option, target in targets.items()})
    return 0


def _require_consistent(targets: Mapping[str, Path], k: int | None, features: Sequence[str]) -> None:
    """Raises UsageError for options that lack another one; as `require_video`, before anything is written."""
    if not targets:
        raise click.UsageError(
            "nothing to export: give --frames DIR, or a file for --gif, --mp4, --png, --strip, --csv or --parquet"
        )
    if k is not None and "png" not in targets:
        raise click.UsageError("--frame K is the frame of --png FILE: give both")
    files: dict[str, str] = {}
    for option, target in targets.items():
        if (other := files.setdefault(os.path.realpath(target), option)) != option:
            raise click.UsageError(f"--{other} and --{option} name the same file, {target}: give each its own")
    if "mp4" in targets:
        export_files.require_video()
    if features and "parquet" not in targets:
        raise click.UsageError("--features are columns of the Parquet file: give --parquet FILE")


def _require_target(option: str, target: Path, *, overwrite: bool) -> None:
    if option == "frames":
        png_frames.require_folder(target, overwrite=overwrite)
    else:
        require_file(target, SUFFIXES[option], overwrite=overwrite)


def _require_contents(
    trajectory: Trajectory, targets: Mapping[str, Path], numbers: Sequence[int] | None, features: Sequence[str]
) -> None:
    """Raises what a writer would refuse, before another one has written anything."""
    for option, target in targets.items():
        match option:
            case "frames":
                count = len(trajectory.read_rows()) + 1 if numbers is None else len(numbers)
                png_frames.require_space(trajectory, target, count)
            case "gif":
                animation.require_animation(trajectory, target, len(animation.number_frames(trajectory, numbers)))
            case "strip":
                strip.lay_out(trajectory.spec, len(strip.number_pictures(trajectory)))
            case "csv":
                tables.identified_rows(trajectory)
            case "parquet":
                tables.import_pyarrow()
                tables.rows_with_vectors(trajectory, features)


def _list_writers(
    trajectory: Trajectory,
    numbers: list[int] | None,
    k: int,
    features: Sequence[str],
    begin: Callable[[str], ShowProgress],
    *,
    overwrite: bool,
) -> dict[str, Callable[[Path], Path | list[Path]]]:
    """What writes the file of each option. numbers: the frames of those with several; k: of those with one."""

    def add_bar(target: Path) -> ShowProgress:
        return begin(printable(target.name))

    def of_frames(write: Callable[..., Path | list[Path]]) -> Callable[[Path], Path | list[Path]]:
        return lambda file: write(trajectory, file, numbers, overwrite=overwrite, on_progress=add_bar(file))

    return {
        "frames": of_frames(export_files.write_frames),
        "gif": of_frames(export_files.write_animation),
        "mp4": of_frames(export_files.write_video),
        "png": lambda file: export_files.write_frame_png(trajectory, file, k, overwrite=overwrite),
        "strip": lambda file: export_files.write_strip(
            trajectory, file, overwrite=overwrite, on_progress=add_bar(file)
        ),
        "csv": lambda file: export_files.write_metrics_csv(trajectory, file, overwrite=overwrite),
        "parquet": lambda file: export_files.write_metrics_parquet(
            trajectory, file, features=features, overwrite=overwrite
        ),
    }


def _refuse_group(path: Path, targets: Mapping[str, Path]) -> None:
    """Raises InputError for a folder of trajectories, with what takes one."""
    is_folder = os.path.isdir(path)  # noqa: PTH112  # Path.is_dir raises for a name that is too long
    if not is_folder or Trajectory(path).exists or next(iter(find_trajectories(path)), None) is None:
        return
    shown = short_path(path)
    has_table = not targets.keys().isdisjoint(("csv", "parquet"))
    advice = f"; riptui results {shown} --csv FILE makes a table of all of them" if has_table else ""
    raise InputError(f"{shown} is a group, and export takes one trajectory: see riptui ls {shown}{advice}")
