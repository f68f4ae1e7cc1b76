"""`riptui show`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, path_argument


@click.command()
@path_argument
@click.option("--frame", "k", type=click.IntRange(0), metavar="K", show_default="the last", help="Which frame to show.")
@click.option("--picture/--no-picture", default=None, show_default="on a terminal", help="Draw it in half blocks.")
@json_option
@calls("riptui.cli.show:show")
def show() -> None:
    """Show a trajectory: its spec and status, the original beside a frame, and all that was measured."""
