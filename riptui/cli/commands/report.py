"""`riptui report`."""

from pathlib import Path

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command

OUT_HELP = (
    "Where to write report.md, report.html (the same in one file) and the figures (PNG, SVG, PDF, CSV). An existing "
    "report is replaced."
)
report_options = options.combine(
    click.option(
        "--reference",
        type=click.Path(path_type=Path),
        metavar="CSV",
        help="Published curves to draw dashed in figure 7: a header metric,mask,inpainted,mean,sd and one row per "
        "metric (e.g. lpips-vgg), mask size (px) and % inpainted; sd may be empty.",
    ),
    click.option(
        "--corpus",
        metavar="NAME",
        help="Also find the nearest pictures of this corpus to the last frames (riptui corpus).",
    ),
    click.option(
        "--overwrite",
        is_flag=True,
        help="Write into a folder that holds other files; only files of the same name are replaced.",
    ),
    click.option(
        "--display",
        type=click.Choice(["auto", "json", "none"]),
        default="auto",
        show_default=True,
        help="How to show progress. auto: bars, on a terminal; json: one object per line, at last what was written.",
    ),
)


@command("riptui.cli.report:report")
@options.paths_argument
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help=OUT_HELP,
)
@report_options
@options.lookup_option
@options.json_option
def report() -> None:
    """Draw the paper's figures from trajectories and test its findings. PATH: a trajectory, or a folder of them.

    Draws figures 1, 2 and 4 to 13 in the paper's layout, and the curves also against coverage. Figures that need other
    trajectories are left out and listed. Only complete trajectories count. Needs the extra [report].

    \b
    riptui report runs/fig7 --out fig7-report
    riptui report runs --out report --reference paper.csv
    """
