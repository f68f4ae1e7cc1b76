"""`riptui pause`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import paths_argument


@click.command()
@paths_argument
@calls("riptui.cli.pause:pause")
def pause() -> None:
    """Let trajectories wait until `riptui resume`. PATH: a trajectory, or a folder of them.

    Whoever computes one finishes its iteration first.
    """
