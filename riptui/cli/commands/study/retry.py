"""`riptui study retry`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls


@click.command()
@file_argument
@calls("riptui.cli.study.control:retry")
def retry() -> None:
    """Queue failed trajectories again for the running workers. `riptui study run` also starts workers."""
