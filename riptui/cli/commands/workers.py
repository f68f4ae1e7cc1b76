"""The commands of the panel Workers."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option, worker_options
from riptui.cli.values import MinutesParam, complete_folders


@command("riptui.cli.worker:worker")
@runs_option
@worker_options
@click.option(
    "--idle",
    type=MinutesParam(),
    metavar="MINUTES",
    default=10.0,
    envvar="RIPTUI_IDLE",
    show_default=True,
    show_envvar=True,
    help="Exit after this many idle minutes. 0: as soon as the queue is empty; inf: never.",
)
@click.option("--log", type=click.Path(path_type=Path), hidden=True, help="The log file of a worker in the background.")
def worker() -> None:
    """Compute the trajectories queued in a runs folder, and wait for more. Several workers share the queue.

    `riptui run` starts a worker by itself when it needs one. Start your own to choose the devices: usually one per GPU.
    On Ctrl-C or SIGTERM a worker finishes the current iteration and exits; unfinished work stays queued.

    \b
    riptui worker                        on the best device
    riptui worker --device cuda:1        on the second GPU
    riptui worker --idle 0               exit when the queue is empty
    """


@command("riptui.cli.ps:ps")
@runs_option
@json_option
def ps() -> None:
    """List the running workers of a runs folder: state, device, model, speed, memory and current trajectories."""


@command("riptui.cli.logs:logs")
@click.argument("target", required=False, metavar="[WORKER|PATH]", shell_complete=complete_folders)
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines, until Ctrl-C.")
@click.option(
    "--lines", "-n", type=click.IntRange(0), default=40, show_default=True, help="Number of last lines to print."
)
@runs_option
def logs() -> None:
    """Print the log of a worker or of a failed trajectory.

    WORKER is a worker's id or the start of it. The default is the newest worker.

    \b
    riptui logs -f                       follow the newest worker
    riptui logs runs/cat/m128-s0-sd2     why this trajectory failed
    """
