"""`riptui study stop`."""

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command


@command("riptui.cli.study.control:stop")
@file_argument
def stop() -> None:
    """Stop a study's unfinished trajectories until `riptui study run` or `riptui study resume`.

    Running ones finish their current iteration first.
    """
