"""`riptui worker`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import runs_option, worker_options
from riptui.cli.values import MINUTES


@command("riptui.cli.worker:worker")
@runs_option
@worker_options
@click.option(
    "--idle",
    type=MINUTES,
    metavar="MINUTES",
    default=10.0,
    envvar="RIPTUI_IDLE",
    show_default=True,
    show_envvar=True,
    help="Exit after this many idle minutes. 0: as soon as the queue is empty; inf: never.",
)
@click.option(
    "--for",
    "serves",
    type=click.Choice(["own", "group", "all"]),
    default="own",
    show_default=True,
    help="Whose queued trajectories to compute: your own, also those of members of your groups, or everybody's.",
)
@click.option("--detach", "-d", is_flag=True, help="Start it in the background, and return.")
@click.option("--log", type=click.Path(path_type=Path), hidden=True, help="The log file of a worker in the background.")
def worker() -> None:
    """Compute the trajectories queued in a runs folder, and wait for more. Several workers share the queue.

    `riptui run` starts a worker by itself when it needs one. Start your own to choose the devices: usually one per GPU.
    On Ctrl-C or SIGTERM a worker finishes the current iteration and exits; unfinished work stays queued.

    In a runs folder that several people share, a worker computes what its own user queued; --for widens that. Local
    models, LoRA and embedding files and pickled weights that specs of other users name are loaded only with --trust.

    \b
    riptui worker                        on the best device
    riptui worker --device cuda:1        on the second GPU
    riptui worker --idle 0               exit when the queue is empty
    riptui worker --idle inf --detach    in the background, for ever
    """
