"""`riptui study pause`."""

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command


@command("riptui.cli.study.control:pause")
@file_argument
def pause() -> None:
    """Pause a study's unfinished trajectories. Running ones finish their current iteration first."""
