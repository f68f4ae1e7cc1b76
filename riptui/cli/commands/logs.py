"""`riptui logs`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import runs_option
from riptui.cli.values import complete_folders


@command("riptui.cli.logs:logs")
@click.argument("target", required=False, metavar="[WORKER|PATH]", shell_complete=complete_folders)
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines, until Ctrl-C.")
@click.option(
    "--lines", "-n", type=click.IntRange(0), default=40, show_default=True, help="Number of last lines to print."
)
@runs_option
def logs() -> None:
    """Print the log of a worker or of a failed trajectory.

    WORKER is a worker's id or the start of it. The default is the newest worker.

    \b
    riptui logs -f                       follow the newest worker
    riptui logs runs/cat/m128-s0-sd2     why this trajectory failed
    """
