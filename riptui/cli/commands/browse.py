"""`riptui browse`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import runs_folder
from riptui.cli.values import complete_folders


@click.command()
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path, file_okay=False),
    shell_complete=complete_folders,
)
@click.option(
    "--select", default="", metavar="PATH", help="Start on this trajectory or group.", shell_complete=complete_folders
)
@click.option(
    "--graphics",
    type=click.Choice(["auto", "kitty", "sixel", "halfblock", "off"]),
    help="How pictures are shown; auto asks the terminal. The default is that of the settings.",
)
@calls("riptui.cli.browse:browse")
def browse() -> None:
    """The app: browse, watch, compare and launch trajectories, in this terminal.

    `riptui` alone does the same, as does `riptui RUNS`. Press ? in it for its keys. What a worker computes goes on
    when the app, or the connection, ends.
    """
