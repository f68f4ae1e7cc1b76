"""`riptui chart`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import filter_option, multi_option, overwrite_option, paths_argument, runs_option
from riptui.cli.values import FILE, NameListParam
from riptui.metrics import REGISTRY

out_option = click.option(
    "--out",
    "-o",
    "files",
    type=FILE,
    required=True,
    multiple=True,
    metavar="FILE",
    help="Where to: .png, .svg or .pdf. May be repeated. Its numbers go beside the first one, as .csv.",
)


@command("riptui.cli.chart:chart")
@paths_argument
@out_option
@click.option(
    "--view",
    type=click.Choice(["mean", "points", "runs", "recursion", "sets", "each"]),
    default="mean",
    show_default=True,
    help="What to draw: mean ± sd over pictures; all points; a line per trajectory of one picture; the error of "
    "squares by number of repaints; a metric of sets by the stored features (--metrics kid); each: a curve per "
    "trajectory.",
)
@multi_option(
    "--metrics",
    type=NameListParam(lambda: REGISTRY),
    metavar="A,B",
    show_default="the first that was measured",
    help="Metrics that were measured, a panel each; for the view sets those of sets, e.g. kid.",
)
@click.option(
    "--axis",
    type=click.Choice(["inpainted", "coverage", "excess"]),
    default="inpainted",
    show_default=True,
    help="Against the inpainted %, the coverage %, or the excess over coverage against the inpainted %.",
)
@click.option("--picture", metavar="NAME", default="", show_default="the first", help="The picture of the view runs.")
@click.option(
    "--features",
    metavar="NAME",
    show_default="inception if stored",
    help="Features for the view sets; they must be stored.",
)
@click.option("--log", is_flag=True, help="A logarithmic y axis.")
@filter_option
@runs_option
@overwrite_option
def chart() -> None:
    """Draw a chart of trajectories for a paper, as the app shows it. PATH: a trajectory, or a folder of them.

    A panel per metric; without --metrics the first that was measured. Needs the extra [report].

    \b
    riptui chart runs/fig7 -o fig7.pdf -o fig7.png
    riptui chart runs/fig7 -o nets.pdf --metrics lpips-alex,lpips-vgg
    riptui chart runs/cat/m64-s0 runs/cat/m128-s0 -o cat.svg --view each
    """
