"""`riptui du`: how much disk trajectories take."""

from collections import Counter
from pathlib import Path

from riptui.cli.console import print_json, print_line, warn
from riptui.cli.filtered import find_filtered
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import NotATrajectoryError
from riptui.store.trash import disk_usage, list_entries
from riptui.text.units import format_count, format_size


def du(runs: Path, filter_text: str, as_json: bool) -> int:
    unlisted = UnlistedFolders()
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    trashed = list_entries(runs)
    try:
        trajectories = find_filtered([runs], runs, filter_text, unlisted)
    except NotATrajectoryError:
        if not trashed:
            raise
        trajectories = []
    for trajectory in trajectories:
        parts = trajectory.path.relative_to(runs).parts
        name = parts[0] if parts else "."
        sizes[name] += disk_usage(trajectory.path)
        counts[name] += 1
    trash_bytes = sum(disk_usage(entry.path) for entry in trashed)
    if as_json:
        folders = {name: {"bytes": size, "trajectories": counts[name]} for name, size in sizes.most_common()}
        print_json({"folders": folders, "bytes": sizes.total(), "trash": trash_bytes})
        return unlisted.exit_code
    for name, size in sizes.most_common():
        print_line(f"{format_size(size):>9}  {counts[name]:>7,}  {name}")
    print_line(f"{format_size(sizes.total()):>9}  {format_count(counts.total(), 'trajectory')}", "dim")
    if trashed:
        count = format_count(len(trashed), "trajectory")
        warn(f"{format_size(trash_bytes)} more in the trash, {count}: riptui trash --empty frees it")
    return unlisted.exit_code
