"""Move a trajectory's folder to another name or place: never over anything, never while it is computed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui.errors import HeldError, NameRefusedError, NotATrajectoryError
from riptui.store import layout
from riptui.store.disk import Folder, explained, make_folders
from riptui.store.listing import find
from riptui.store.lock import probe, undisturbed


def move(path: Path, to: Path) -> None:
    """Move a trajectory's folder within a file system; it is durable then. The folders above `to` are made.

    Raises HeldError if it is being computed, NameRefusedError if something has the name, DiskError.
    """
    path = _plain(path)
    with undisturbed(path):
        _rename(path, to)


def rename(runs: Path, path: Path, name: str) -> Path:
    """Give a trajectory, or a group with all that is in it, another name in the same folder. Returns the new path.

    Raises NameRefusedError if it is no name or is taken, HeldError if any of it is being computed, DiskError.
    """
    layout.require_name(name)
    path = _plain(path)
    if path == Path(os.path.realpath(runs)):
        raise NameRefusedError(f"{path} is the runs folder itself: rename it from outside")
    to = path.with_name(name)
    if to == path:
        return path
    if (path / layout.SPEC).exists():
        move(path, to)
    else:
        require_free([trajectory.path for trajectory in find(path)])
        _rename(path, to)
    return to


def require_free(paths: list[Path]) -> None:
    """Raise HeldError if any of these trajectories is being computed."""
    held = [path for path in paths if probe(path)[0]]
    if held:
        others = f" and {len(held) - 1} more" if len(held) > 1 else ""
        raise HeldError(f"{held[0]}{others} is being computed: pause it first")


def remove_empty(folder: Path, above: Path) -> None:
    """Remove a group that holds nothing any more, and those above it that then hold nothing, up to the runs folder."""
    with suppress(OSError):
        while folder != above and folder.is_relative_to(above):
            os.rmdir(folder)
            folder = folder.parent


def _plain(path: Path) -> Path:
    real = Path(os.path.realpath(path.parent)) / path.name
    if real.is_symlink():
        raise NameRefusedError(f"{path} is a symbolic link: rename its target instead")
    if not real.is_dir():
        raise NotATrajectoryError(f"{path} is not there any more")
    return real


def _rename(path: Path, to: Path) -> None:
    """An empty folder of the new name comes first: of two who want it one is refused, and rename replaces only that."""
    make_folders(to.parent)
    with _taken(to), explained(to):
        os.rename(path, to)
    for parent in {path.parent, to.parent}:
        with Folder(parent) as folder:
            folder.sync()


@contextmanager
def _taken(to: Path) -> Iterator[None]:
    refusal = f"{to} exists: choose another name"
    try:
        with explained(to):
            os.mkdir(to)
    except Exception as error:
        if isinstance(error.__cause__, FileExistsError):
            raise NameRefusedError(refusal) from error
        raise
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            os.rmdir(to)
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise NameRefusedError(refusal) from error
        raise
