"""Whether this user can work in a runs folder that another user, e.g. root, worked in before."""

import errno
import os
from pathlib import Path

from riptui.errors import DiskError
from riptui.filesystem import other_owner
from riptui.store.disk_errors import explain_errors
from riptui.store.lock import LOCK_FILE
from riptui.store.worker_registry import workers_folder


def require_registrable(runs: Path) -> None:
    """Raise DiskError if no worker of this user could register in the runs folder, before anything is queued there."""
    folder = workers_folder(Path(os.path.realpath(runs)))
    for path in (folder.parent, folder, folder / LOCK_FILE):
        with explain_errors(path):
            is_writable = not path.exists() or os.access(path, os.W_OK, effective_ids=True)
            if not is_writable and os.statvfs(path).f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        if not is_writable:
            owner = other_owner(path)
            whose = f"it belongs to {owner}" if owner else "it is write-protected"
            raise DiskError(
                f"{path}: permission denied: {whose}, so that none of your workers could run; nothing was queued. "
                f"Make it yours (sudo chown -R $USER {folder.parent}), or writable for your group (chmod -R g+rwX)",
                path=path,
            )
