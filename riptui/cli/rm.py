"""`riptui rm`: move trajectories to the trash, or delete them."""

from collections.abc import Sequence
from pathlib import Path

from riptui.cli.confirm import confirm
from riptui.cli.console import print_json, print_line, short_path
from riptui.cli.filtered import find_filtered
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError
from riptui.settings import load_settings
from riptui.store.trajectory import Trajectory
from riptui.store.trash import delete, disk_usage, move_to_trash
from riptui.store.worker_registry import find_runs_folder, workers_folder
from riptui.text.units import format_count, format_size


def rm(
    paths: tuple[Path, ...],
    filter_text: str,
    permanently: bool,
    yes: bool,
    dry_run: bool,
    runs: Path,
    as_json: bool,
) -> int:
    unlisted = UnlistedFolders()
    trajectories = find_filtered(paths, [runs], filter_text, unlisted)
    folders = [trajectory.path for trajectory in trajectories]
    root = _find_root(trajectories, runs)
    disk_bytes = sum(map(disk_usage, folders))
    what = f"{format_count(len(folders), 'trajectory')}, {format_size(disk_bytes)}"
    if dry_run:
        _print_folders(folders, as_json)
        if not as_json:
            print_line(f"{what} would be {'deleted' if permanently else 'moved to the trash'}", "dim")
        return unlisted.exit_code
    if not (yes or _agrees(what, permanently=permanently)):
        return 1
    entries = move_to_trash(root, folders)
    for entry in entries if permanently else ():
        delete(entry)
    if as_json:
        _print_folders(folders, as_json)
    elif permanently:
        print_line(f"{what} deleted")
    else:
        option = "" if root == runs else f" --runs {short_path(root)}"
        print_line(f"{what} moved to the trash; bring back with: riptui restore{option}")
    return unlisted.exit_code


def _find_root(trajectories: Sequence[Trajectory], runs: Path) -> Path:
    """The runs folder to whose trash they go. Raises InputError if it is not known."""
    root = find_runs_folder(trajectories, runs)
    if root != runs and not workers_folder(root).is_dir():
        path = short_path(trajectories[0].path)
        raise InputError(f"{path} is not in the runs folder {short_path(runs)}: name the one it is in with --runs")
    return root


def _agrees(what: str, *, permanently: bool) -> bool:
    if permanently:
        return confirm(f"Delete {what}, permanently? This cannot be undone.", refused="nothing was deleted")
    if not load_settings().settings.confirm:
        return True
    return confirm(f"Move {what} to the trash?", refused="nothing was moved")


def _print_folders(folders: Sequence[Path], as_json: bool) -> None:
    if as_json:
        print_json([str(folder) for folder in folders])
        return
    for folder in folders:
        print_line(str(folder))
