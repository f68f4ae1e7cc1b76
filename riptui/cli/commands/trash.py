"""`riptui trash`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option, trashed_argument


@command("riptui.cli.trash:trash")
@trashed_argument
@click.option("--empty", is_flag=True, help="Delete what is listed, permanently.")
@click.option("--yes", "-y", is_flag=True, help="With --empty: do not ask.")
@runs_option
@json_option
def trash() -> None:
    """List the trash of the runs folder, the newest first: when it went, its size, where it was. PATH: what was there.

    \b
    riptui trash
    riptui trash --empty
    """
