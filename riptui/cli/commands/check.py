"""`riptui check`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, paths_argument


@command("riptui.cli.check:check")
@paths_argument
@click.option(
    "--repair", is_flag=True, help="Cut back to the last intact iteration, rebuild keyframes, delete leftovers."
)
@json_option
def check() -> None:
    """Verify that saved frames are intact. PATH: a trajectory, or a folder of them.

    Every row, patch, keyframe and pixel hash is checked. Exit code 1 if saved data is damaged; files left over from a
    crash are not damage. --repair keeps what is intact; `riptui resume` computes the rest again, to the same pixels.

    \b
    riptui check runs
    riptui check runs/cat/m128-s0 --repair
    """
