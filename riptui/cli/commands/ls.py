"""`riptui ls`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_folder
from riptui.cli.values import complete_folders


@command("riptui.cli.ls:ls")
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
@json_option
def ls() -> None:
    """List the trajectories in RUNS: status, amount inpainted, newest value of a metric.

    RUNS is a runs folder or any folder in it. The default is $RIPTUI_RUNS, the runs folder of the settings, or ./runs.

    \b
    ✓ done     ● running       ○ queued   ‖ paused
    ✗ failed   ◼ interrupted   ! unreadable
    ≠ mixed: its sessions differ in device, versions or batch; see riptui show
    """
