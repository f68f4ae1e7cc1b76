"""Move a trajectory's folder to another name or place: never over anything, never while it is running."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui.errors import HeldError, NameRefusedError, NotATrajectoryError
from riptui.store import layout
from riptui.store.disk import Folder, make_folders
from riptui.store.disk_errors import explain_errors
from riptui.store.listing import find_trajectories
from riptui.store.lock import hold_shared_lock, probe_lock
from riptui.store.names import require_name


def move(path: Path, target: Path) -> None:
    """Move a trajectory's folder within a file system, durably. Missing parents of `target` are created.

    Raises HeldError if it is running, NameRefusedError if the target exists, DiskError.
    """
    path = _resolve(path)
    with hold_shared_lock(path):
        _rename(path, target)


def rename(runs: Path, path: Path, name: str) -> Path:
    """Rename a trajectory, or a group with everything in it, in its folder. Returns the new path.

    Raises NameRefusedError if the name is not valid or is taken, HeldError if any of it is running, DiskError.
    """
    name = require_name(name)
    path = _resolve(path)
    if path == Path(os.path.realpath(runs)):
        raise NameRefusedError(f"{path} is the runs folder itself: rename it outside riptui")
    target = path.with_name(name)
    if target == path:
        return path
    if (path / layout.SPEC).exists():
        move(path, target)
    else:
        require_unlocked([trajectory.path for trajectory in find_trajectories(path)])
        _rename(path, target)
    return target


def require_unlocked(paths: list[Path]) -> None:
    """Raise HeldError if any of these trajectories is running."""
    held = [path for path in paths if probe_lock(path)[0]]
    if held:
        more = f" and {len(held) - 1} more" if len(held) > 1 else ""
        raise HeldError(f"{held[0]}{more} is being computed: pause it first")


def remove_empty_folders(folder: Path, root: Path) -> None:
    """Remove a group if it is empty, and the groups above it that are then empty, up to the runs folder."""
    with suppress(OSError):
        while folder != root and folder.is_relative_to(root):
            os.rmdir(folder)
            folder = folder.parent


def _resolve(path: Path) -> Path:
    real = Path(os.path.realpath(path.parent)) / path.name
    if real.is_symlink():
        raise NameRefusedError(f"{path} is a symbolic link: rename its target instead")
    if not real.is_dir():
        raise NotATrajectoryError(f"{path} does not exist any more")
    return real


def _rename(path: Path, target: Path) -> None:
    """Rename over an empty folder created for it: of two processes that want the name, one is refused."""
    make_folders(target.parent)
    with _reserve_name(target), explain_errors(target):
        os.rename(path, target)
    for parent in {path.parent, target.parent}:
        with Folder(parent) as folder:
            folder.sync()


@contextmanager
def _reserve_name(target: Path) -> Iterator[None]:
    refusal = f"{target} exists: choose another name"
    try:
        with explain_errors(target):
            os.mkdir(target)
    except Exception as error:
        if isinstance(error.__cause__, FileExistsError):
            raise NameRefusedError(refusal) from error
        raise
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            os.rmdir(target)
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise NameRefusedError(refusal) from error
        raise
