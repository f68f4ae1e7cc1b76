"""`riptui report`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, paths_argument

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


@click.command()
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
@calls("riptui.cli.report:report")
def report() -> None:
    """Draw the paper's figures from trajectories, and test its findings. PATH: a trajectory, or a folder of them.

    Figures 1 and 4 to 13 in the paper's layout, the curves also against coverage. What the trajectories do not
    suffice for is left out and told. Only complete trajectories count.

    \b
    riptui report runs/fig7 --out fig7-report
    riptui report runs --out report --reference paper.csv
    """
