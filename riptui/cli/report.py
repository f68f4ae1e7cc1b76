"""`riptui report`: the paper's figures and findings from one's own trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import json_option, paths_argument

if TYPE_CHECKING:
    from riptui.figures.report import WrittenReport
    from riptui.store.trajectory import Trajectory

MAX_DAMAGED_LISTED = 5  # trajectories whose pictures cannot be read

reference_option = click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Curves of others, dashed in figure 7: a header with metric,mask,inpainted,mean,sd; a line for each metric "
    "(lpips-vgg ...), mask size (px) and inpainted %; sd may be empty.",
)
overwrite_option = click.option(
    "--overwrite",
    is_flag=True,
    help="Write into a folder that holds other things. Files of the same names are replaced, the rest stays.",
)


@click.command(short_help="The paper's figures and findings from your own trajectories.")
@paths_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where to write report.md and the figures, each as PNG, SVG and CSV. A report that is there is replaced.",
)
@reference_option
@overwrite_option
@json_option
def report(paths: tuple[Path, ...], out: Path, reference: Path | None, overwrite: bool, as_json: bool) -> int:
    """Draw the paper's figures from trajectories, and test its findings. PATH: a trajectory, or a folder of them.

    Figures 1 and 4 to 13 in the paper's layout, the curves also against coverage. What the trajectories do not
    suffice for is left out and told. Only complete trajectories count.

    \b
    riptui report runs/fig7 --out fig7-report
    riptui report runs --out report --reference paper.csv
    """
    from riptui.store.listing import find_all_trajectories

    write_report(find_all_trajectories(paths), out, reference=reference, overwrite=overwrite, as_json=as_json)
    return 0


def write_report(
    trajectories: Sequence[Trajectory], out: Path, *, reference: Path | None, overwrite: bool, as_json: bool
) -> None:
    """Write the report, with a bar, and tell what is in it. Raises InputError, DiskError."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn

    from riptui.cli.console import out as console
    from riptui.cli.console import print_json, transient_progress
    from riptui.figures.report import write_report as write

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with transient_progress(*columns, hidden=as_json and console.is_terminal) as progress:
        tasks = {}

        def show_progress(task_name: str, done: int, total: int) -> None:
            if task_name not in tasks:
                tasks[task_name] = progress.add_task(task_name, total=total)
            progress.update(tasks[task_name], completed=done, total=total)

        written = write(trajectories, out, reference=reference, overwrite=overwrite, on_progress=show_progress)
    if as_json:
        print_json(_to_json_value(written))
    else:
        _print_summary(written)


def _to_json_value(report: WrittenReport) -> dict[str, object]:
    from riptui.cli.results_tables import to_json_value

    found: dict[str, object] = to_json_value(report.as_dict())
    return found


def _print_summary(written: WrittenReport) -> None:
    from riptui.cli.console import print_line, short_path, warn

    print_line(f"{short_path(written.folder / 'report.md')}: {len(written.figures)} figures")
    for skipped in written.left_out:
        subject = f", {skipped.of}" if skipped.of else ""
        print_line(f"  left out: figure {skipped.number}{subject}: it needs {skipped.needs}", "dim")
    for message in (*written.damaged[:MAX_DAMAGED_LISTED], *written.notes):
        warn(message)
    if (more := len(written.damaged) - MAX_DAMAGED_LISTED) > 0:
        warn(f"and {more} more whose pictures cannot be read: riptui check says why")
    if written.unfinished:
        warn(f"left out, not computed to the end: {written.unfinished}; riptui resume")
    if written.unreadable:
        warn(f"left out, not readable: {len(written.unreadable)}; riptui check says why")
