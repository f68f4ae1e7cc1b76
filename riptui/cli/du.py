"""`riptui du`: how much disk trajectories take."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from riptui.cli.console import print_json, print_line, warn
from riptui.cli.filtered import find_filtered
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import NotATrajectoryError
from riptui.store.trajectory import Trajectory
from riptui.store.trash import disk_usage, list_entries
from riptui.text.units import format_count, format_size


def du(folders: Sequence[Path], filter_text: str, as_json: bool) -> int:
    folders = [*dict.fromkeys(folders)]
    unlisted = UnlistedFolders()
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    trashed = {entry.folder: entry for folder in folders for entry in list_entries(folder)}
    try:
        trajectories = find_filtered(folders, folders, filter_text, unlisted)
    except NotATrajectoryError:
        if len(folders) > 1 or not trashed:
            raise
        trajectories = []
    for trajectory in trajectories:
        name = _name_part(trajectory, folders)
        sizes[name] += disk_usage(trajectory.path)
        counts[name] += 1
    trash_bytes = sum(disk_usage(entry.path) for entry in trashed.values())
    if as_json:
        found = {name: {"bytes": size, "trajectories": counts[name]} for name, size in sizes.most_common()}
        print_json({"folders": found, "bytes": sizes.total(), "trash": trash_bytes})
        return unlisted.exit_code
    for name, size in sizes.most_common():
        print_line(f"{format_size(size):>9}  {counts[name]:>7,}  {name}")
    print_line(f"{format_size(sizes.total()):>9}  {format_count(counts.total(), 'trajectory')}", "dim")
    if trashed:
        count = format_count(len(trashed), "trajectory")
        warn(f"{format_size(trash_bytes)} more in the trash, {count}: riptui trash --empty frees it")
    return unlisted.exit_code


def _name_part(trajectory: Trajectory, folders: Sequence[Path]) -> str:
    """The folder in one of `folders` that a trajectory counts in; of several of these with the path of its own."""
    folder = next(folder for folder in folders if trajectory.path.is_relative_to(folder))
    parts = trajectory.path.relative_to(folder).parts
    if len(folders) > 1:
        return str(folder.joinpath(*parts[:1]))
    return parts[0] if parts else "."
