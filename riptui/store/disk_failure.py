"""What a disk error concerns: one folder, which is skipped, or the disk as a whole, which ends a worker."""

import errno
import os
import secrets
from pathlib import Path

from riptui.errors import DiskError
from riptui.filesystem import TEMPORARY_PREFIX
from riptui.store.disk import Folder
from riptui.store.disk_errors import explain_errors

_OF_ONE_DEVICE = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_OF_ONE_MOUNT = {errno.EROFS}


def concerns_whole_disk(error: DiskError, sample: Path) -> bool:
    """Whether nothing else can be expected to be saved either. sample: another folder, which this process writes.

    A full or broken disk concerns all that is on its device; for other errors the sample is tried. A sample that was
    removed says nothing.
    """
    if error.number in _OF_ONE_DEVICE:
        return error.path is None or _is_on_device(Path(error.path), sample)
    if error.is_of_whole_disk and error.number not in _OF_ONE_MOUNT:
        return True
    return sample.exists() and not _can_write(sample)


def _is_on_device(path: Path, sample: Path) -> bool:
    """Whether a path, or what is left of its parents, is on the device of another; also if nobody can tell."""
    try:
        nearest = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
        return os.lstat(nearest).st_dev == sample.stat().st_dev
    except (OSError, StopIteration):
        return True


def _can_write(folder: Path) -> bool:
    name = f"{TEMPORARY_PREFIX}try-{secrets.token_hex(4)}"
    try:
        with Folder(folder) as opened:
            opened.write_atomically(name, b"x")
            opened.remove_file(name)
    except DiskError:
        return False
    return True


def require_writable(folder: Path) -> None:
    """Raise the DiskError that creating a file in a folder would, without creating one."""
    with explain_errors(folder):
        if os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            return
        is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
        number = errno.EROFS if is_read_only else errno.EACCES
        raise OSError(number, os.strerror(number))
