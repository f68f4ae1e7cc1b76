"""`riptui results`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command
from riptui.cli.values import NameListParam
from riptui.metrics.sets.set_metrics import SET_METRICS

GROUPING_FIELDS = [
    *("inpainter", "mask", "seed", "order", "amount", "paste", "onto", "anchor", "schedule", "match", "feather"),
    *("size", "fit", "image", "source_name"),
]


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
@click.option(
    "--metric",
    metavar="NAME",
    show_default="lpips-vgg if measured",
    help=f"Metric to summarise; or one of sets of pictures: {', '.join(SET_METRICS)}.",
)
@click.option(
    "--features",
    metavar="NAME",
    help="Features for a metric of sets, by default those of its source; with --parquet, features that it has as well.",
)
@click.option("--findings", is_flag=True, help="Test the paper's seven findings.")
@click.option(
    "--recursion",
    is_flag=True,
    help="Tell recursion from coverage: error by number of repaints, excess over coverage, orders of squares.",
)
@click.option(
    "--interventions",
    is_flag=True,
    help="What interventions change (--anchor, --match ... of riptui run), in pairs with the same without.",
)
@click.option("--compare", is_flag=True, help="Rank the inpainters by drift, with paired tests.")
@options.file_option("--csv", "Write all measured values as one table, one row per measured frame.")
@options.file_option("--parquet", "The same table as Parquet (needs the extra [parquet]).")
@options.overwrite_option
@options.lookup_option
@options.json_option
def results() -> None:
    """Summarise trajectories in groups. PATH: a trajectory, or a folder of them. Only complete trajectories count.

    For each group: the mean at the end ± the standard deviation and the mean over the whole amount (area), both with a
    95 % interval by image; the half-life, the % inpainted by which half of the drift is reached; and the law that fits
    best. A metric of sets compares all frames of a group with all their originals, at each measured point, by features
    that `riptui measure` keeps; with --compare also the frames of two groups.

    \b
    riptui results runs --by inpainter,mask
    riptui results runs/fig7 --findings --csv fig7.csv
    riptui results runs --recursion
    riptui results runs --metric kid --compare
    """
