"""`riptui report`: the paper's figures and findings from one's own trajectories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import json_option, paths_argument

if TYPE_CHECKING:
    from riptui.figures.report import Report

MOST_TOLD = 5  # trajectories whose pictures cannot be read


@click.command(short_help="The paper's figures and findings from your own trajectories.")
@paths_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where to write report.md and the figures, each as PNG, SVG and CSV. A report that is there is replaced.",
)
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Curves of others, dashed in figure 7: a header with metric,mask,inpainted,mean,sd; a line for each metric "
    "(lpips-vgg ...), mask size (px) and inpainted %; sd may be empty.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Write into a folder that holds other things. Files of the same names are replaced, the rest stays.",
)
@json_option
def report(paths: tuple[Path, ...], out: Path, reference: Path | None, overwrite: bool, as_json: bool) -> int:
    """Draw the paper's figures from trajectories, and test its findings. PATH: a trajectory, or a folder of them.

    Figures 1 and 4 to 13 in the paper's layout, the curves also against coverage. What the trajectories do not
    suffice for is left out and told. Only complete trajectories count.

    \b
    riptui report runs/fig7 --out fig7-report
    riptui report runs --out report --reference paper.csv
    """
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn

    from riptui.cli.console import emit, passing
    from riptui.cli.console import out as console
    from riptui.figures.report import report as write
    from riptui.store.listing import find_all

    trajectories = find_all(paths)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with passing(*columns, hidden=as_json and console.is_terminal) as progress:
        tasks = {}

        def bar(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        written = write(trajectories, out, reference=reference, overwrite=overwrite, on_progress=bar)
    if as_json:
        emit(_plain(written))
    else:
        _tell(written)
    return 0


def _plain(written: Report) -> dict[str, object]:
    from riptui.cli.outcomes import plain

    found: dict[str, object] = plain(written.as_dict())
    return found


def _tell(written: Report) -> None:
    from riptui.cli.console import note, say, shown

    say(f"{shown(written.folder / 'report.md')}: {len(written.figures)} figures")
    for one in written.left_out:
        of = f", {one.of}" if one.of else ""
        say(f"  left out: figure {one.number}{of}: it needs {one.needs}", "dim")
    for what in (*written.damaged[:MOST_TOLD], *written.notes):
        note(what)
    if (more := len(written.damaged) - MOST_TOLD) > 0:
        note(f"and {more} more whose pictures cannot be read: riptui check says why")
    if written.unfinished:
        note(f"left out, not computed to the end: {written.unfinished}; riptui resume")
    if written.unreadable:
        note(f"left out, not readable: {len(written.unreadable)}; riptui check says why")
