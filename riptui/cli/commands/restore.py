"""`riptui restore`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option, trashed_argument


@command("riptui.cli.trash:restore")
@trashed_argument
@click.option("--dry-run", "-n", is_flag=True, help="List what would come back, and do nothing.")
@runs_option
@json_option
def restore() -> None:
    """Bring trajectories back from the trash. PATH: where they were, or a folder of that; `riptui trash` lists them.

    Without PATH all that went to the trash last, as u does in the app. Of several that were in one place the newest
    comes back. Nothing is replaced: a place that was taken since is refused.

    \b
    riptui restore
    riptui restore runs/fig7/cat
    """
