"""Which process a worker is. A pid alone is no identity: another container has the same pids, and a later process too.

A worker records its place (boot and PID namespace) and its start. A process is shown to be a worker only by what the
kernel says of it: it started when the worker did, and it holds the lock of the worker's folder.
"""

import os
import re
import signal
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

from riptui.store.lock import LOCK_FILE

PROC = Path("/proc")


@cache
def process_place() -> str:
    """The boot of the kernel and the PID namespace of this process: processes of one place see each other's pids.

    The host's name where the kernel does not say.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink(PROC / 'self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def start_ticks(pid: int | None = None) -> int:
    """When a process of this place (None: this one) started, in clock ticks since the boot; 0: not known."""
    if pid is not None and not _sees_own_place():
        return 0
    try:
        stat = (PROC / ("self" if pid is None else str(pid)) / "stat").read_text()
        return int(stat.rpartition(")")[2].split()[19])  # the name in parentheses may hold anything
    except (OSError, ValueError, IndexError):
        return 0


def process_user(pid: int) -> int | None:
    """The effective user id of a process of this place; None: not known."""
    try:
        return (PROC / str(pid)).stat().st_uid if _sees_own_place() else None
    except OSError:
        return None


def holds_lock(pid: int, folder: Path) -> bool:
    """Whether a process of this place is shown to hold the lock of a folder. Without a proof it is not.

    A lock file with a second name is no proof: the other one may be a stranger's lock.
    """
    if pid <= 0 or not _sees_own_place():
        return False
    try:
        lock = os.lstat(folder / LOCK_FILE)
        if lock.st_nlink != 1:
            return False
        for descriptor in os.listdir(PROC / str(pid) / "fd"):
            with suppress(OSError):  # it was closed meanwhile
                is_lock = os.path.samestat(os.stat(PROC / str(pid) / "fd" / descriptor), lock)
                if is_lock and _is_locked((PROC / str(pid) / "fdinfo" / descriptor).read_text()):
                    return True
    except OSError:  # it has ended, or belongs to another user
        pass
    return False


def _is_locked(fdinfo: str) -> bool:
    return any(line.startswith("lock:") and " FLOCK " in line and " WRITE " in line for line in fdinfo.splitlines())


def _sees_own_place() -> bool:
    """Whether /proc shows the processes of this process's own PID namespace."""
    try:
        return os.readlink(PROC / "self") == str(os.getpid())
    except OSError:
        return False


def signal_holder(folder: Path, pid: int, number: signal.Signals, *, started: int = 0) -> bool:
    """Send a signal to a process of this place if it is shown to hold the lock of a folder; return whether it was sent.

    started: its `start_ticks`; 0: not known. Raises PermissionError.
    """
    try:
        descriptor = os.pidfd_open(pid)  # from here on the pid cannot come to mean another process
    except (OSError, AttributeError, OverflowError):  # no such process; an old system; no pid at all
        return False
    try:
        if (started and started != start_ticks(pid)) or not holds_lock(pid, folder):
            return False
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, number)
        return True
    finally:
        os.close(descriptor)


def slurm_job() -> str:
    """The SLURM job that this process belongs to: 123, or 123_4 for a task of an array; "": none."""
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID", ""), os.environ.get("SLURM_ARRAY_TASK_ID", "")
    job = f"{array}_{task}" if array else os.environ.get("SLURM_JOB_ID", "")
    return job if re.fullmatch(r"[0-9]+(_[0-9]+)?", job) else ""
