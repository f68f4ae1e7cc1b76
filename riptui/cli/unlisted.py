"""Warn of folders that cannot be listed: what is in them is missing from what a command prints."""

from riptui.cli.console import warn
from riptui.errors import DiskError

MAX_TOLD = 5  # folders that are named


class UnlistedFolders:
    """Warns of the first folders that cannot be listed, and counts all. Call it with each error.

    A command whose folders are not all listed says so and ends with `exit_code`, whatever else it did.
    """

    def __init__(self) -> None:
        self.count = 0

    @property
    def exit_code(self) -> int:
        """1 if there are any, because the output of a command is then incomplete."""
        return 1 if self.count else 0

    def __call__(self, error: DiskError) -> None:
        self.count += 1
        if self.count <= MAX_TOLD:
            warn(f"left out, cannot be listed: {error}")
        elif self.count == MAX_TOLD + 1:
            warn("left out, cannot be listed: further folders")
