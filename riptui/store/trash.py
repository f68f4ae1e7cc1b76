"""The trash of a runs folder: `RUNS/.riptui/trash/ID/`, a trajectory each, with a record of where it was.

The record is durable before the folder moves. So a crash leaves either the trajectory where it was and an entry that
holds nothing, which is no entry, or the trajectory in the trash with its record.
"""

import os
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from riptui.errors import DamagedError, DiskError, NameRefusedError
from riptui.store import layout
from riptui.store.claim import encode
from riptui.store.disk import Folder, explained, list_folder, make_folders, read_file
from riptui.store.moving import move, remove_empty, require_free
from riptui.store.records import UNREADABLE
from riptui.store.workers import PRIVATE

TRASH = "trash"
RECORD = "trash.json"
CONTENT = "trajectory"
RECORD_LIMIT = 2**16  # bytes
SETTLED = 60.0  # seconds; an entry without content that is younger may be one in the making


class Record(msgspec.Struct, frozen=True):
    """trash.json."""

    place: str
    """Where it was, below the runs folder."""
    when: float
    """Seconds since 1970; one time for all that went together."""


@dataclass(frozen=True)
class Entry:
    """A trajectory in the trash."""

    folder: Path
    record: Record

    @property
    def path(self) -> Path:
        return self.folder / CONTENT


def throw_away(runs: Path, paths: Sequence[Path]) -> list[Entry]:
    """Move trajectories to the trash, together. Groups that then hold nothing are removed.

    Raises HeldError, before anything is moved, if one of them is being computed; DiskError.
    """
    require_free(list(paths))
    root = Path(os.path.realpath(runs))
    trash = _folder(root)
    make_folders(trash)
    if Path(os.path.realpath(trash)) != trash:
        raise DiskError(f"{trash} leads through a symbolic link, out of the runs folder: remove the link")
    _clear(trash)
    when = time.time()
    return [_throw_one(root, trash, path, when) for path in paths]


def _throw_one(root: Path, trash: Path, path: Path, when: float) -> Entry:
    real = Path(os.path.realpath(path.parent)) / path.name
    if not real.is_relative_to(root):
        raise NameRefusedError(f"{path} is outside the runs folder, so its trash cannot take it")
    record = Record(real.relative_to(root).as_posix(), when)
    entry = Entry(trash / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(when))}-{secrets.token_hex(4)}", record)
    make_folders(entry.folder)
    try:
        with Folder(entry.folder) as folder:
            folder.write_whole(RECORD, encode(record))
        move(real, entry.path)
    except BaseException:
        shutil.rmtree(entry.folder, ignore_errors=True)
        raise
    remove_empty(real.parent, root)
    return entry


def listed(runs: Path) -> list[Entry]:
    """What is in the trash, the newest first. What cannot be read is left out."""
    trash = _folder(Path(os.path.realpath(runs)))
    found = [entry for name in list_folder(trash) if (entry := _read(trash / name))]
    return sorted(found, key=lambda entry: (-entry.record.when, entry.record.place))


def _read(folder: Path) -> Entry | None:
    try:
        data = read_file(folder / RECORD, RECORD_LIMIT)
        record = msgspec.json.decode(data or b"", type=Record)
    except (*UNREADABLE, DamagedError, DiskError):
        return None
    if not all(layout.NAME.fullmatch(part) for part in record.place.split("/")):
        return None  # it would lead elsewhere
    entry = Entry(folder, record)
    return entry if (entry.path / layout.SPEC).is_file() and not entry.path.is_symlink() else None


def last(runs: Path) -> list[Entry]:
    """What went to the trash together, most lately."""
    entries = listed(runs)
    return [entry for entry in entries if entry.record.when == entries[0].record.when]


def restore(runs: Path, entry: Entry) -> Path:
    """Bring a trajectory back to where it was; return its path.

    Raises NameRefusedError if something has its name now, HeldError, DiskError.
    """
    root = Path(os.path.realpath(runs))
    to = root / entry.record.place
    if Path(os.path.realpath(to.parent)) != to.parent:
        raise NameRefusedError(f"{to.parent} leads through a symbolic link, out of the runs folder: remove the link")
    move(entry.path, to)
    _remove(entry.folder)
    return to


def delete(entry: Entry) -> None:
    """Delete a trajectory in the trash for good. Raises HeldError, DiskError."""
    require_free([entry.path])
    _remove(entry.folder)


def disk_use(path: Path) -> int:
    """Bytes of the files below a folder; of what vanishes meanwhile, nothing."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(f"{folder}/{name}").st_size
            except OSError:
                continue
    return total


def _folder(root: Path) -> Path:
    return root / PRIVATE / TRASH


def _remove(folder: Path) -> None:
    with explained(folder):
        shutil.rmtree(folder)


def _clear(trash: Path) -> None:
    """Remove what a crash left: entries that hold nothing."""
    for name in list_folder(trash):
        path = trash / name
        try:
            old = time.time() - path.stat().st_mtime > SETTLED
        except OSError:
            continue
        if old and not path.is_symlink() and set(list_folder(path)) <= {RECORD}:
            shutil.rmtree(path, ignore_errors=True)
