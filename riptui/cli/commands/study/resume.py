"""`riptui study resume`."""

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command


@command("riptui.cli.study.control:resume")
@file_argument
def resume() -> None:
    """Queue paused and stopped trajectories again for the running workers. `riptui study run` also starts workers."""
