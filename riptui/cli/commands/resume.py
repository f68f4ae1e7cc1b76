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
@click.option_panel("The worker", options=["--detach", *WORKER_OPTIONS])
@calls("riptui.cli.resume:resume")
def resume() -> None:
    """Go on where trajectories stopped or were paused, or failed. PATH: a trajectory, or a folder of them.

    What is done is left alone; what another process computes is waited for.
    """
