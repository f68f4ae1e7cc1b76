"""`riptui study status`."""

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command
from riptui.cli.options import json_option


@command("riptui.cli.study.status:status")
@file_argument
@json_option
def status() -> None:
    """Show the progress of a study: iterations, speed of each worker, time left, failures. Changes nothing."""
