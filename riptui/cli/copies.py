"""Warn of trajectories that are there more than once."""

from collections.abc import Iterable
from pathlib import Path

from riptui.cli.console import short_path, warn
from riptui.store.copies import SeededSpec, find_copies

MAX_TOLD = 3  # sets of copies, and of the paths of each, that are named


def warn_of_copies(found: Iterable[SeededSpec]) -> None:
    """Warn of trajectories with the same spec: results count one of them, and the others take up space."""
    copies = find_copies(found)
    for same in copies[:MAX_TOLD]:
        paths = " and ".join(short_path(Path(folder)) for folder in same[:MAX_TOLD])
        if len(same) > MAX_TOLD:
            paths += f" and {len(same) - MAX_TOLD} more"
        warn(f"copies of one trajectory, of which results count one: {paths}")
    if len(copies) > MAX_TOLD:
        warn(f"and {len(copies) - MAX_TOLD} more with copies; see riptui ls --json")
