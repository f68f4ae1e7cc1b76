"""`riptui export`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import path_argument
from riptui.cli.values import MeasureParam

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
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
@calls("riptui.cli.export:export")
def export() -> None:
    """Export a trajectory's frames, an animation, the image sequence, its measurements.

    \b
    riptui export runs/cat/m128-s0 --strip drift.png --gif drift.gif
    """
