"""`riptui study retry`."""

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command


@command("riptui.cli.study.control:retry")
@file_argument
def retry() -> None:
    """Queue failed trajectories again for the running workers. `riptui study run` also starts workers."""
