"""`riptui resume`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command


@command("riptui.cli.resume:resume")
@options.paths_argument
@options.runs_option
@options.detach_option
@options.care_options
@options.worker_options
@options.display_option
@options.json_option
@click.option_panel("Worker", options=["--detach", *options.CARE_OPTIONS, *options.WORKER_OPTIONS])
def resume() -> None:
    """Resume paused, stopped, interrupted or failed trajectories. PATH: a trajectory, or a folder of them.

    Finished trajectories are skipped. If another process is running one, the command waits for it.

    \b
    riptui resume runs/cat/m128-s0
    riptui resume runs --detach              all of them, in the background
    """
