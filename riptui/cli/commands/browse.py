"""`riptui browse`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import graphics_option, lookup_option
from riptui.cli.values import complete_folders, runs_folder


@command("riptui.cli.browse:browse")
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    type=click.Path(path_type=Path, file_okay=False),
    shell_complete=complete_folders,
)
@click.option(
    "--select", default="", metavar="PATH", help="Start on this trajectory or group.", shell_complete=complete_folders
)
@graphics_option
@lookup_option
def browse() -> None:
    """Open the app in this terminal: browse, watch, compare and launch trajectories. RUNS: the runs folder.

    `riptui` and `riptui RUNS` do the same. Press ? in the app to list its keys. Workers keep running when you quit the
    app or lose the connection.

    \b
    riptui browse ~/runs
    riptui browse --select fig7/cat/m128-s0
    """
