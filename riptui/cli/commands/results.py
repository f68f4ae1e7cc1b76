"""`riptui results`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, multi_option, paths_argument
from riptui.cli.values import NameListParam

GROUPING_FIELDS = ["inpainter", "mask", "seed", "order", "amount", "paste", "size", "fit", "image", "source_name"]
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@paths_argument
@multi_option(
    "--by",
    type=NameListParam(lambda: GROUPING_FIELDS),
    default="inpainter,mask",
    show_default=True,
    metavar="A,B",
    help="What sets the groups apart: fields of the spec, parameters of an inpainter (steps), or image.",
)
@click.option("--metric", metavar="NAME", show_default="lpips-vgg, or the next best", help="Which metric to look at.")
@click.option("--findings", is_flag=True, help="Test the seven findings of the paper.")
@click.option("--compare", is_flag=True, help="Order the inpainters by how far they drift, with paired tests.")
@click.option("--csv", type=FILE, metavar="F", help="Write all that was measured as one table, a row a measured frame.")
@click.option("--parquet", type=FILE, metavar="F", help="The same for pandas and others (extra [parquet]).")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@json_option
@calls("riptui.cli.results:results")
def results() -> None:
    """Tell what trajectories say together. PATH: a trajectory, or a folder of them.

    Of each group: the mean at the end ± the standard deviation, the mean over the whole amount (area), both with their
    interval of 95 % by image, and the half-life. Only complete trajectories count.

    \b
    riptui results runs --by inpainter,mask
    riptui results runs/fig7 --findings --csv fig7.csv
    """
