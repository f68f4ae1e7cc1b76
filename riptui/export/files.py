"""Targets of exports: checked before any work, and written atomically. Knows no pictures."""

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from riptui import filesystem
from riptui.errors import InputError
from riptui.store.disk import explain_errors

ABANDONED_SECONDS = 86_400.0  # seconds; longer than any export takes

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


def temporary_path(folder: Path) -> Path:
    """A unique name for a temporary file. Short, so that it fits wherever the real name does.

    Also removes old temporary files that killed exports left in the folder.
    """
    for leftover in folder.glob(".riptui-*.tmp"):
        with suppress(OSError):
            if time.time() - leftover.lstat().st_mtime > ABANDONED_SECONDS:
                leftover.unlink() if leftover.is_symlink() or not leftover.is_dir() else shutil.rmtree(leftover)
    return folder / f".riptui-{secrets.token_hex(6)}.tmp"


def write_atomically(file: Path, data: bytes) -> None:
    """Create or replace a file atomically. Raises DiskError."""
    temporary = temporary_path(file.parent)
    with explain_errors(file):
        filesystem.write_atomically(file, data, temporary=temporary, mode=0o666)
