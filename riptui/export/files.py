"""Targets of exports: checked before any work, and written atomically. Knows no pictures."""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui import filesystem
from riptui.errors import InputError
from riptui.store.disk_errors import explain_errors

ABANDONED_SECONDS = 86_400.0  # seconds; longer than any export takes, where a file system has no locks
MAX_ATTEMPTS = 10  # to make a staging folder that no other export takes for a leftover

OnExportProgress = Callable[[int, int], None]
"""Called as `on_progress(done, total)` after each frame."""


def ignore_progress(done: int, total: int) -> None:
    """Do nothing, for callers that show no progress."""


def require_file(file: Path, suffixes: Sequence[str], *, overwrite: bool) -> None:
    """Raise InputError unless a file can be made here: its suffix is known, its folder exists, and it does not."""
    if file.suffix.lower() not in suffixes:
        raise InputError(f"{file}: the name must end in {' or '.join(suffixes)}")
    require_parent(file)
    with explain_errors(file):
        if file.is_dir():
            raise InputError(f"{file} is a folder: name a file in it")
        if not overwrite and (file.exists() or file.is_symlink()):
            raise InputError(f"{file} exists; --overwrite replaces it")


def require_parent(path: Path) -> None:
    """Raise InputError unless the folder that a file or folder is to be made in exists."""
    with explain_errors(path):
        if not path.parent.is_dir():
            raise InputError(f"{path.parent} does not exist: create the folder first")


@contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """A new folder in `folder`, to fill, and to rename or to move files out of. Removed at the end.

    It is locked while the context lasts, so that the next export here recognises what killed exports left, and removes
    it. Raises OSError.
    """
    _remove_leftovers(folder)
    staging, fd = _make_locked(folder)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        os.close(fd)


def write_atomically(file: Path, data: bytes) -> None:
    """Create or replace a file atomically. Raises DiskError."""
    with explain_errors(file), staging_folder(file.parent) as staging:
        filesystem.write_atomically(file, data, temporary=staging / "new")


def _make_locked(folder: Path) -> tuple[Path, int]:
    """A new staging folder and its open descriptor, which holds the lock. Its name fits wherever the real one does."""
    for _ in range(MAX_ATTEMPTS):
        staging = folder / f".riptui-{secrets.token_hex(6)}.tmp"
        staging.mkdir()
        with suppress(FileNotFoundError):
            fd = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            if filesystem.try_lock(fd) is not False and staging.exists():
                return staging, fd
            os.close(fd)  # another export was faster, and takes it for a leftover
    raise InputError(f"{folder}: other exports keep removing this one's files: try again when they are finished")


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed exports left in a folder: not locked or, where there are no locks, old."""
    for leftover in folder.glob(".riptui-*.tmp"):
        with suppress(OSError):
            if leftover.is_symlink() or not leftover.is_dir():  # of an older release
                if _is_old(leftover):
                    leftover.unlink()
                continue
            fd = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                locked = filesystem.try_lock(fd)
                if locked or (locked is None and _is_old(leftover)):
                    shutil.rmtree(leftover)
            finally:
                os.close(fd)


def _is_old(path: Path) -> bool:
    return time.time() - path.lstat().st_mtime > ABANDONED_SECONDS
