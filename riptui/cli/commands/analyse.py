"""The commands of the panel Analyse."""

from pathlib import Path

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command
from riptui.cli.values import MeasureParam, NameListParam

GROUPING_FIELDS = ["inpainter", "mask", "seed", "order", "amount", "paste", "size", "fit", "image", "source_name"]
FILE = click.Path(path_type=Path, dir_okay=False)
reference_option = click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Published curves to draw dashed in figure 7: a header metric,mask,inpainted,mean,sd and one row per metric "
    "(e.g. lpips-vgg), mask size (px) and % inpainted; sd may be empty.",
)
overwrite_option = click.option(
    "--overwrite",
    is_flag=True,
    help="Write into a folder that holds other files; only files of the same name are replaced.",
)


@command("riptui.cli.measure:measure")
@options.paths_argument
@options.metrics_option
@options.measure_option
@options.display_option
def measure() -> None:
    """Measure the saved frames of trajectories: add metrics, or more points. PATH: a trajectory, or a folder of them.

    Existing values are kept. New ones are exactly what the run itself would have measured.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to every trajectory
    riptui measure runs/cat/m128-s0 --measure every  after each iteration of one
    """


@command("riptui.cli.export:export")
@options.path_argument
@click.option("--frames", type=click.Path(path_type=Path), metavar="DIR", help="Whole frames, one PNG file each.")
@click.option("--gif", type=FILE, metavar="F", help="Animation; the format follows the extension: .gif, .webp or .png.")
@click.option(
    "--strip", type=FILE, metavar="F", help="Image sequence as in the paper: the frames at every 50 %, side by side."
)
@click.option("--csv", type=FILE, metavar="F", help="All measured values, one row per measured frame.")
@click.option("--parquet", type=FILE, metavar="F", help="The same table as Parquet (needs the extra [parquet]).")
@click.option(
    "--at",
    type=MeasureParam(),
    show_default="--frames: every; --gif: about 64 frames",
    help="Frames for --frames and --gif: half (every 50 %), every (all), or every N iterations.",
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
def export() -> None:
    """Export a trajectory: frames, an animation, a strip of frames, tables. Choose at least one output.

    \b
    riptui export runs/cat/m128-s0 --strip drift.png --gif drift.gif
    riptui export runs/cat/m128-s0 --frames frames --at half --csv drift.csv
    """


@command("riptui.cli.results:results")
@options.paths_argument
@options.multi_option(
    "--by",
    type=NameListParam(lambda: GROUPING_FIELDS),
    default="inpainter,mask",
    show_default=True,
    metavar="A,B",
    help="Group by these spec fields or inpainter parameters, e.g. inpainter,mask,steps.",
)
@click.option("--metric", metavar="NAME", show_default="lpips-vgg if measured", help="Metric to summarise.")
@click.option("--findings", is_flag=True, help="Test the paper's seven findings.")
@click.option("--compare", is_flag=True, help="Rank the inpainters by drift, with paired tests.")
@click.option(
    "--csv", type=FILE, metavar="F", help="Write all measured values as one table, one row per measured frame."
)
@click.option("--parquet", type=FILE, metavar="F", help="The same table as Parquet (needs the extra [parquet]).")
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@options.json_option
def results() -> None:
    """Summarise trajectories in groups. PATH: a trajectory, or a folder of them. Only complete trajectories count.

    For each group: the mean at the end ± the standard deviation and the mean over the whole amount (area), both with a
    95 % interval by image; the half-life, the % inpainted by which half of the drift is reached; and the law that fits
    best.

    \b
    riptui results runs --by inpainter,mask
    riptui results runs/fig7 --findings --csv fig7.csv
    """


@command("riptui.cli.report:report")
@options.paths_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where to write report.md and the figures (PNG, SVG, CSV). An existing report is replaced.",
)
@reference_option
@overwrite_option
@options.json_option
def report() -> None:
    """Draw the paper's figures from trajectories and test its findings. PATH: a trajectory, or a folder of them.

    Figures 1 and 4 to 13 in the paper's layout, the curves also against coverage. Figures for which the
    trajectories do not suffice are left out and listed. Only complete trajectories count. Needs the extra [report].

    \b
    riptui report runs/fig7 --out fig7-report
    riptui report runs --out report --reference paper.csv
    """
