"""`riptui study stop`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls


@click.command()
@file_argument
@calls("riptui.cli.study.control:stop")
def stop() -> None:
    """Stop all that is not done until `riptui study run` or `resume`. Who computes one finishes its iteration first."""
