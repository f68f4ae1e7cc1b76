"""Create a trajectory folder: whole or not at all, and never twice."""

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from riptui.arrays import Image
from riptui.errors import DamagedError, DiskError, HeldError, NameRefusedError, StoreError
from riptui.images import encode_original_png
from riptui.spec import Spec, encode_spec
from riptui.store import layout
from riptui.store.asked_places import with_own_places
from riptui.store.claim import claim, encode_record
from riptui.store.disk import Folder, list_folder, make_folders, sync_parent
from riptui.store.frames import read_original
from riptui.store.listing import walk_folders
from riptui.store.lock import LOCK_FILE, FolderLock, probe_lock
from riptui.store.names import require_name
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory

ABANDONED_SECONDS = 60.0  # seconds; a folder that is being created is locked after its first millisecond
MAX_ATTEMPTS = 3  # to create a folder that no other process takes for an abandoned one in that millisecond


def create_or_open(
    runs: Path, relative_path: str, spec: Spec, original: Image, request: Request, *, png: bytes | None = None
) -> Trajectory:
    """Create the trajectory `runs/relative_path` ("group/name"), or return the existing one if it has the same spec.

    png: the original as PNG, if it is encoded already: encoding takes longer than all the rest.
    Raises NameRefusedError if a part of the path is not a valid name, or if the path has another spec's trajectory;
    DiskError.
    """
    *groups, name = [require_name(part) for part in relative_path.split("/")]
    runs = Path(os.path.realpath(runs))
    parent = runs.joinpath(*groups)
    if Path(os.path.realpath(parent)) != parent:
        raise NameRefusedError(
            f"{parent} leads through a symbolic link, out of the runs folder; open its target instead"
        )
    make_folders(parent)
    remove_abandoned(parent)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        if os.path.lexists(parent / name):  # also if another process was first
            return _open_existing(parent / name, spec, original, request)
        temporary = f"{layout.NEW_PREFIX}{secrets.token_hex(6)}"
        try:
            _create(parent, temporary, name, spec, png or encode_original_png(original), request)
            break
        except BaseException as error:  # a full disk, Ctrl-C: leave nothing behind
            paths = (parent / temporary, parent / name)  # renamed, and not durable: that error is reported
            was_removed = isinstance(error, StoreError) and not any(map(os.path.lexists, paths))
            shutil.rmtree(parent / temporary, ignore_errors=True)
            if attempt == MAX_ATTEMPTS or not (was_removed or isinstance(error, FileExistsError)):
                raise
    return Trajectory(parent / name)


def _create(parent: Path, temporary: str, name: str, spec: Spec, png: bytes, request: Request) -> None:
    """Create a folder under a temporary name, and rename it. Raises FileExistsError, HeldError, DiskError."""
    with Folder(parent) as group:
        group.make_folder(temporary)
        with Folder(temporary, parent=group) as folder, FolderLock(folder):
            _write_files(folder, spec, png, request)
            group.rename(temporary, name)


def _write_files(folder: Folder, spec: Spec, png: bytes, request: Request) -> None:
    """Write every file that readers and writers expect. Files that grow exist, durably, before their first row."""
    folder.write_atomically(layout.ORIGINAL, png)
    folder.write_atomically(layout.REQUEST, encode_record(with_own_places(request, spec)))
    for name in (layout.ROWS, layout.PATCHES, layout.METRICS, layout.SESSIONS):
        folder.write_atomically(name, b"")
    folder.make_folder(layout.KEYFRAMES)
    folder.write_atomically(layout.SPEC, encode_spec(spec))


def _open_existing(path: Path, spec: Spec, original: Image, request: Request) -> Trajectory:
    existing = Trajectory(path)
    if path.is_symlink() or not (path / layout.SPEC).exists():
        raise NameRefusedError(f"{path} exists and is not a trajectory: choose another --name or --group")
    sync_parent(path)
    if existing.spec.digest != spec.digest:
        raise NameRefusedError(
            f"{path} holds another trajectory ({describe_differences(existing.spec, spec)}): choose another --name"
        )
    with suppress(HeldError):
        _restore_lost_files(existing, original, request)
    return existing


def _restore_lost_files(trajectory: Trajectory, original: Image, request: Request) -> None:
    """Restore frame 0 if it is lost, and the request if it is not readable: neither can be computed."""
    lost: dict[str, bytes] = {}
    try:
        read_original(trajectory)
    except DamagedError:
        lost[layout.ORIGINAL] = encode_original_png(original)
    try:
        _ = trajectory.request
    except DamagedError:
        lost[layout.REQUEST] = encode_record(request)
    if lost:
        with claim(trajectory) as claimed:
            for name, data in lost.items():
                claimed.folder.write_atomically(name, data)
                claimed.log(f"{name} was damaged; `riptui run` restored it")


def describe_differences(existing: Spec, requested: Spec) -> str:
    """The differences between two specs, for a message."""
    old, new = msgspec.to_builtins(existing), msgspec.to_builtins(requested)
    keys = [key for key in new if old[key] != new[key] and key not in ("source_name", "source_sha256")]
    parts = [f"{key} {old[key]}, not {new[key]}" if key != "original_sha256" else "of another picture" for key in keys]
    return "; ".join(parts)


def remove_abandoned(parent: Path) -> None:
    """Remove unfinished folders whose process is gone: their lock is free or, without one, they are old."""
    with suppress(DiskError):
        for name in list_folder(parent):
            if name.startswith(layout.NEW_PREFIX) and not (parent / name).is_symlink():
                with suppress(OSError, StoreError):
                    _remove_if_abandoned(parent / name)


def remove_abandoned_below(paths: Iterable[Path]) -> None:
    """As `remove_abandoned`, in all groups at or below these paths, and in the groups of these trajectories."""
    for path in paths:
        with suppress(DiskError):
            for folder, is_group in walk_folders(path):
                if is_group:
                    remove_abandoned(Path(folder))
                elif folder == str(path):
                    remove_abandoned(path.parent)


def _remove_if_abandoned(path: Path) -> None:
    """Raises HeldError, DiskError, OSError."""
    if (path / LOCK_FILE).exists():
        if not probe_lock(path)[0]:
            with Folder(path) as folder, FolderLock(folder):
                shutil.rmtree(path)
    elif time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
        shutil.rmtree(path)
