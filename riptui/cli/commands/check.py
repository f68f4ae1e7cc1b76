"""`riptui check`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, paths_argument


@click.command()
@paths_argument
@click.option(
    "--repair", is_flag=True, help="Cut back to the last good iteration, make keyframes again, clear leftovers."
)
@json_option
@calls("riptui.cli.check:check")
def check() -> None:
    """Verify every row, patch, keyframe and pixel hash. PATH: a trajectory, or a folder of them.

    Exit code 1 if something that was committed is damaged. What a crash left behind is no damage. --repair loses
    nothing that can be trusted: what it cuts, `riptui resume` computes again, to the same pixels.
    """
