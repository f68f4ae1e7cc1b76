"""`riptui queue move`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import PRIORITIES, json_option, paths_argument, runs_option


@command("riptui.cli.queue.move:move")
@paths_argument
@click.option("--first", is_flag=True, help="Before all others of the same owner, whatever their priorities.")
@click.option("--last", is_flag=True, help="Behind all others of the same owner.")
@click.option("--earlier", type=click.IntRange(1), metavar="N", help="N positions earlier, among those of its owner.")
@click.option("--later", type=click.IntRange(1), metavar="N", help="N positions later.")
@click.option(
    "--priority", type=PRIORITIES, metavar="N", help="This priority, among those of its owner; 0 is the usual one."
)
@runs_option
@json_option
def move() -> None:
    """Move queued trajectories: --first, --last, --earlier N, --later N or --priority N. PATH: a trajectory, or a
    folder of them.

    They keep their own order. Of a folder, what is not queued is left alone. Trajectories of others are moved only
    among the others' own, and only by those who may write to their folders.

    \b
    riptui queue move runs/fig7/cat --first
    riptui queue move runs/fig7/cat --earlier 10
    riptui queue move runs/fig7 runs/fig8 --priority 5
    """
