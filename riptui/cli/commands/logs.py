"""`riptui logs`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import runs_option
from riptui.cli.values import complete_folders


@click.command()
@click.argument("target", required=False, metavar="[WORKER|PATH]", shell_complete=complete_folders)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(0), default=40, show_default=True, help="So many of the last lines.")
@runs_option
@calls("riptui.cli.logs:logs")
def logs() -> None:
    """Show the log of a worker (its id or the beginning of it; by default the newest) or of a trajectory (its path)."""
