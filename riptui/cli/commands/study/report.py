"""`riptui study report`."""

from pathlib import Path

import rich_click as click

from riptui.cli.commands.report import OUT_HELP, report_options
from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command
from riptui.cli.options import json_option


@command("riptui.cli.study.report:report")
@file_argument
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    show_default="NAME-report next to FILE",
    help=OUT_HELP,
)
@report_options
@json_option
def report() -> None:
    """Draw the paper's figures from a study and test its findings. Only complete trajectories count.

    \b
    riptui study report paper.toml
    riptui study report paper.toml --out report --reference paper.csv
    """
