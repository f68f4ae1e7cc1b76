"""`riptui resume`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import (
    WORKER_OPTIONS,
    detach_option,
    display_option,
    paths_argument,
    runs_option,
    worker_options,
)


@click.command()
@paths_argument
@runs_option
@detach_option
@worker_options
@display_option
@click.option_panel("Worker", options=["--detach", *WORKER_OPTIONS])
@calls("riptui.cli.resume:resume")
def resume() -> None:
    """Resume paused, stopped, interrupted or failed trajectories. PATH: a trajectory, or a folder of them.

    Finished trajectories are skipped. If another process is running one, the command waits for it.

    \b
    riptui resume runs/cat/m128-s0
    riptui resume runs --detach              all of them, in the background
    """
