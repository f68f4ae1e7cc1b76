"""`riptui study stop`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls


@click.command()
@file_argument
@calls("riptui.cli.study.control:stop")
def stop() -> None:
    """Stop a study's unfinished trajectories until `riptui study run` or `riptui study resume`.

    Running ones finish their current iteration first.
    """
