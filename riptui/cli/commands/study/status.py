"""`riptui study status`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls
from riptui.cli.options import json_option


@click.command()
@file_argument
@json_option
@calls("riptui.cli.study.status:status")
def status() -> None:
    """Show the progress of a study: iterations, speed of each worker, time left, failures. Changes nothing."""
