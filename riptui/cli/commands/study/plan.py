"""`riptui study plan`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls
from riptui.cli.options import json_option


@click.command()
@file_argument
@json_option
@calls("riptui.cli.study.plan:plan")
def plan() -> None:
    """Tell what a study will take: trajectories, inpaintings, hours and room on the disk. Computes nothing.

    The hours are those of one device, from the iterations of the same inpainter, settings, size and mask that are in
    the runs folder. Where there are none, what needs no model is tried once; how fast a model is here stays unknown.
    """
