"""`riptui browse`, which is what `riptui` alone means."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from riptui.cli import has_terminal, open_app
from riptui.cli.options import complete_folders, runs_folder

GRAPHICS = ("auto", "kitty", "sixel", "halfblock", "off")


@click.command(short_help="The app: browse, watch, compare and launch trajectories.")
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
    type=click.Choice(GRAPHICS),
    help="How pictures are shown; auto asks the terminal. The default is that of the settings.",
)
def browse(runs: Path, select: str, graphics: str | None) -> int:
    """The app: browse, watch, compare and launch trajectories, in this terminal.

    `riptui` alone does the same, as does `riptui RUNS`. Press ? in it for its keys. What a worker computes goes on
    when the app, or the connection, ends.
    """
    if not has_terminal():
        raise click.UsageError(
            "the app needs a terminal, for stderr too; without one: riptui ls, riptui show, riptui run"
        )
    from riptui.settings import load_settings

    return open_app(runs, load_settings(), select=select, graphics=graphics)
