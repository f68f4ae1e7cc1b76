"""`riptui sheet`."""

import rich_click as click

from riptui.cli.commands.chart import out_option
from riptui.cli.lazy import command
from riptui.cli.options import filter_option, overwrite_option, paths_argument, runs_option
from riptui.cli.values import NumberRange


@command("riptui.cli.sheet:sheet")
@paths_argument
@out_option
@click.option(
    "--columns",
    metavar="NAME",
    default="",
    show_default="the first setting that differs",
    help="What the columns are: a setting, such as mask or inpainter, or percent: every 50 %.",
)
@click.option("--by-seed", is_flag=True, help="A row for each seed; else the first seed stands for all.")
@click.option(
    "--at",
    "inpainted",
    type=NumberRange(min=0),
    metavar="PERCENT",
    show_default="the last that is reached",
    help="The inpainted % of the pictures, where columns are settings.",
)
@click.option(
    "--metric",
    metavar="NAME",
    default="",
    show_default="the first that was measured",
    help="The metric below the pictures.",
)
@filter_option
@runs_option
@overwrite_option
def sheet() -> None:
    """Put pictures of trajectories on a sheet, as the app's gallery does. PATH: a trajectory, or a folder of them.

    A row a picture, a column a mask size, an inpainter, another setting, or every 50 % as in the paper's figures 10 to
    12. Needs the extra [report].

    \b
    riptui sheet runs/fig7 -o fig7.png
    riptui sheet runs/fig7 -o fig10.pdf --columns percent --filter "coffee seed:0"
    """
