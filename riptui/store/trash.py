"""The trash of a runs folder: `RUNS/.riptui/trash/ID/` holds one trajectory and a record of its old place.

The record is durable before the folder moves. So a crash leaves either the trajectory in its place and an empty entry,
which does not count, or the trajectory in the trash with its record.
"""

import os
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from riptui.errors import DamagedError, DiskError, NameRefusedError
from riptui.filesystem import TEMPORARY_PREFIX, try_stat
from riptui.store import layout
from riptui.store.claim import encode_record
from riptui.store.disk import Folder, file_size, list_folder, make_folders, make_folders_inside, read_file
from riptui.store.disk_errors import explain_errors
from riptui.store.move import move, remove_empty_folders, require_unlocked
from riptui.store.names import is_name
from riptui.store.records import UNREADABLE
from riptui.store.worker_registry import PRIVATE_FOLDER

TRASH_FOLDER = "trash"
RECORD_FILE = "trash.json"
CONTENT_FOLDER = "trajectory"
NO_CONTENT = {RECORD_FILE, f"{TEMPORARY_PREFIX}{RECORD_FILE}"}  # what an entry holds before its trajectory
MAX_RECORD_BYTES = 2**16  # bytes
GRACE_SECONDS = 60.0  # seconds; a younger entry without content may still be in progress


class TrashRecord(msgspec.Struct, frozen=True):
    """trash.json."""

    place: str
    """Its old path, relative to the runs folder."""
    when: Annotated[float, msgspec.Meta(ge=0, lt=2**35)]
    """Seconds since 1970, to the year 3058; the same for all trajectories that were trashed together."""


@dataclass(frozen=True)
class TrashEntry:
    """A trajectory in the trash."""

    folder: Path
    record: TrashRecord

    @property
    def path(self) -> Path:
        return self.folder / CONTENT_FOLDER


def move_to_trash(runs: Path, paths: Sequence[Path]) -> list[TrashEntry]:
    """Move trajectories to the trash, together. Groups that are then empty are removed.

    Raises HeldError, before anything is moved, if one of them is running; DiskError.
    """
    require_unlocked(list(paths))
    root = Path(os.path.realpath(runs))
    trash = _trash_folder(root)
    make_folders_inside(root, trash)
    _remove_empty_entries(trash)
    when = time.time()
    return [_trash_one(root, trash, path, when) for path in paths]


def _trash_one(root: Path, trash: Path, path: Path, when: float) -> TrashEntry:
    real = Path(os.path.realpath(path.parent)) / path.name
    if not real.is_relative_to(root):
        raise NameRefusedError(f"{path} is outside the runs folder {root}, so it cannot go to its trash")
    record = TrashRecord(real.relative_to(root).as_posix(), when)
    entry = TrashEntry(trash / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(when))}-{secrets.token_hex(4)}", record)
    make_folders(entry.folder)
    try:
        with Folder(entry.folder) as folder:
            folder.write_atomically(RECORD_FILE, encode_record(record))
        move(real, entry.path)
    except BaseException:
        shutil.rmtree(entry.folder, ignore_errors=True)
        raise
    remove_empty_folders(real.parent, root)
    return entry


def list_entries(runs: Path) -> list[TrashEntry]:
    """The entries in the trash, the newest first. Unreadable ones are left out."""
    trash = _trash_folder(Path(os.path.realpath(runs)))
    found = [entry for name in list_folder(trash) if (entry := _read(trash / name))]
    return sorted(found, key=lambda entry: (-entry.record.when, entry.record.place))


def _read(folder: Path) -> TrashEntry | None:
    try:
        data = read_file(folder / RECORD_FILE, MAX_RECORD_BYTES)
        record = msgspec.json.decode(data or b"", type=TrashRecord)
    except (*UNREADABLE, DamagedError, DiskError):
        return None
    if not all(is_name(part) for part in record.place.split("/")):
        return None  # it would lead out of the runs folder
    entry = TrashEntry(folder, record)
    return entry if (entry.path / layout.SPEC).is_file() and not entry.path.is_symlink() else None


def list_last_batch(runs: Path) -> list[TrashEntry]:
    """The entries of the last move to the trash."""
    entries = list_entries(runs)
    return [entry for entry in entries if entry.record.when == entries[0].record.when]


def restore(runs: Path, entry: TrashEntry) -> Path:
    """Move a trajectory back to its old place; return its path.

    Raises NameRefusedError if the place is taken, HeldError, DiskError.
    """
    root = Path(os.path.realpath(runs))
    target = root / entry.record.place
    if Path(os.path.realpath(target.parent)) != target.parent:
        raise NameRefusedError(
            f"{target.parent} leads through a symbolic link, out of the runs folder: remove the link"
        )
    move(entry.path, target)
    delete_folder(entry.folder)
    return target


def delete(entry: TrashEntry) -> None:
    """Delete a trajectory in the trash for good. Raises HeldError, DiskError."""
    require_unlocked([entry.path])
    delete_folder(entry.folder)


def disk_usage(path: Path) -> int:
    """Bytes of the files below a folder. Files that vanish meanwhile do not count."""
    total = 0
    for folder, _, names in os.walk(path):
        total += sum(file_size(f"{folder}/{name}") for name in names)
    return total


def _trash_folder(root: Path) -> Path:
    return root / PRIVATE_FOLDER / TRASH_FOLDER


def delete_folder(folder: Path) -> None:
    """Delete a folder for good, with all that is in it. Raises DiskError."""
    with explain_errors(folder):
        shutil.rmtree(folder)


def _remove_empty_entries(trash: Path) -> None:
    """Remove the empty entries that a crash left."""
    for name in list_folder(trash):
        path = trash / name
        status = try_stat(path)
        is_old = status is not None and time.time() - status.st_mtime > GRACE_SECONDS
        if is_old and not path.is_symlink() and set(list_folder(path)) <= NO_CONTENT:
            shutil.rmtree(path, ignore_errors=True)
