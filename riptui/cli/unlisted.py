"""Tell of folders that cannot be listed: what is in them is missing from what a command prints."""

from riptui.cli.console import warn
from riptui.errors import DiskError

MAX_TOLD = 5  # folders that are named


class UnlistedFolders:
    """Warns of the first folders that cannot be listed, and counts all. Call it with each error."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: DiskError) -> None:
        self.count += 1
        if self.count <= MAX_TOLD:
            warn(f"left out, cannot be listed: {error}")
        elif self.count == MAX_TOLD + 1:
            warn("left out, cannot be listed: further folders")
