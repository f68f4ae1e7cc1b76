"""`riptui check`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, lookup_option, paths_argument


@command("riptui.cli.check:check")
@paths_argument
@click.option(
    "--repair", is_flag=True, help="Cut back to the last intact iteration, rebuild keyframes, delete leftovers."
)
@click.option(
    "--weights",
    metavar="PATH",
    help="Say whether the frames were computed with these weights: a model by any of its names, a VAE, a file.",
)
@lookup_option
@json_option
def check() -> None:
    """Verify that saved frames are intact. PATH: a trajectory, or a folder of them.

    Every row, patch, keyframe and pixel hash is checked. Exit code 1 if saved data is damaged; files left over from a
    crash are not damage. --repair keeps what is intact; `riptui resume` computes the rest again, to the same pixels.

    With --weights, exit code 1 also if the weights at PATH are not those that computed a trajectory. Once a moved
    model was checked at its new PATH, `riptui resume` finds it there.

    \b
    riptui check runs
    riptui check runs/cat/m128-s0 --repair
    riptui check runs/cat/m128-s0-sd2 --weights sd2
    """
