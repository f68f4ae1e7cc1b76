"""`riptui stop`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import runs_option
from riptui.cli.values import complete_folders


@click.command()
@click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path), shell_complete=complete_folders
)
@click.option("--worker", "worker", metavar="ID|all", help="Send a worker away; what it has not done stays queued.")
@runs_option
@calls("riptui.cli.stop:stop")
def stop() -> None:
    """Stop trajectories until `riptui resume` or `riptui run` asks for them again. PATH: one, or a folder of them.

    Whoever computes one finishes its iteration first. --worker sends workers away instead, and stops no trajectory.

    \b
    riptui stop runs/fig7
    riptui stop --worker all
    """
