"""Whether this user can work in a runs folder that others work in, and they in what this user creates there."""

import errno
import grp
import os
import stat
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


def explain_umask(runs: Path) -> str:
    """What the umask does to a runs folder that is shared by a group; "" if the group may use what is created there.

    The umask is not overruled: it may be strict on purpose.
    """
    try:
        status = os.stat(runs)
        umask = _read_umask()
    except (OSError, ValueError):
        return ""
    is_shared = status.st_mode & stat.S_ISGID and status.st_mode & stat.S_IWGRP
    if not is_shared or not umask & stat.S_IRWXG:
        return ""
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    hidden = "see or continue" if umask & stat.S_IRGRP else "continue, tag or compute"
    return (
        f"{runs} is shared by the group {group}, who cannot {hidden} what you create: "
        f"your umask is {umask:03o}, not 002"
    )


def _read_umask() -> int:
    """The umask of this process; `os.umask` could only tell by changing it. Raises OSError, ValueError."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    raise ValueError("the kernel does not tell the umask")
