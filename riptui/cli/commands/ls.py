"""`riptui ls`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, runs_folder
from riptui.cli.values import complete_folders


@click.command()
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
@json_option
@calls("riptui.cli.ls:ls")
def ls() -> None:
    """List the trajectories below RUNS: status, how far, the newest value of a metric.

    Without RUNS: $RIPTUI_RUNS, the runs folder of the settings, or ./runs.

    \b
    ✓ done   ● running   ○ queued   ‖ paused   ◼ interrupted   ✗ failed   ! unreadable
    ≠ mixed: computed on unlike devices, versions or batches; riptui show says how they differ
    """
