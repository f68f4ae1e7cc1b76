"""`riptui show`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import graphics_option, json_option, lookup_option, paths_argument


@command("riptui.cli.show:show")
@paths_argument
@click.option("--frame", "k", type=click.IntRange(0), metavar="K", show_default="the last", help="Which frame to show.")
@click.option("--picture/--no-picture", default=None, show_default="on a terminal", help="Draw the two pictures.")
@graphics_option
@lookup_option
@json_option
def show() -> None:
    """Show trajectories: status, the original beside a frame, all measured values, spec. PATH: a trajectory.

    --json prints an object; of several trajectories, a list of them.

    \b
    riptui show runs/cat/m128-s0
    riptui show runs/cat/m128-s0 --frame 8
    riptui show runs/cat/m64-s0 runs/cat/m128-s0    one after the other
    """
