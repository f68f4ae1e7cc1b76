"""`riptui study resume`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls


@click.command()
@file_argument
@calls("riptui.cli.study.control:resume")
def resume() -> None:
    """Queue paused and stopped trajectories again for the running workers. `riptui study run` also starts workers."""
