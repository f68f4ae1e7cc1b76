"""`riptui stop`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command
from riptui.cli.values import FolderParam


@command("riptui.cli.pause_and_stop:stop")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=FolderParam())
@click.option(
    "--worker", "worker", metavar="ID|all", help="Shut down this worker, or all; unfinished work stays queued."
)
@click.option("--kill", is_flag=True, help="With --worker: end it at once; its current iteration is lost.")
@options.runs_option
@options.json_option
def stop() -> None:
    """Stop trajectories until `riptui resume` or the same `riptui run`. PATH: a trajectory, or a folder of them.

    A running trajectory finishes its current iteration first. --worker without a PATH shuts down the worker only:
    its trajectories stay queued for others. Workers of other hosts and containers are asked through the runs folder;
    only one of this machine can be killed.

    \b
    riptui stop runs/fig7
    riptui stop --worker all
    """
