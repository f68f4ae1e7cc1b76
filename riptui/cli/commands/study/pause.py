"""`riptui study pause`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls


@click.command()
@file_argument
@calls("riptui.cli.study.control:pause")
def pause() -> None:
    """Pause a study's unfinished trajectories. Running ones finish their current iteration first."""
