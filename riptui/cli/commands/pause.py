"""`riptui pause`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import paths_argument


@click.command()
@paths_argument
@calls("riptui.cli.request_all:pause")
def pause() -> None:
    """Pause trajectories until `riptui resume`. PATH: a trajectory, or a folder of them.

    A running trajectory finishes its current iteration first.

    \b
    riptui pause runs/fig7
    """
