"""What the file system of a runs folder can do, for `riptui doctor`: each ability is tried there."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from riptui.cli.diagnosis import Diagnoses, Diagnosis
from riptui.errors import DiskError
from riptui.filesystem import free_bytes
from riptui.store.disk_errors import explain_errors
from riptui.store.lock_file import ADVICE, NO_LOCKS, uses_lock_files
from riptui.store.ownership import explain_umask
from riptui.text.units import format_size

MIN_FREE_BYTES = 2**30  # bytes; about 200 trajectories
SLOW_FSYNC_SECONDS = 0.02
OTHER_PROCESS_SECONDS = 30.0  # seconds that it has to try a lock
LOCK_PROBE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(3)
"""
REFUSED = 3  # exit code of the probe that found the lock held


def check_disk(runs: Path) -> Diagnoses:
    """The runs folder: free space, and what can be done in it."""
    try:
        with explain_errors(runs):  # e.g. a name that is too long
            folder = next(parent for parent in (runs.absolute(), *runs.absolute().parents) if parent.exists())
        with explain_errors(folder):
            free = free_bytes(folder)
            advice = "a trajectory takes about 5 MB at 512 px; choose another folder with --runs"
            room = f"{format_size(free)} free for {runs}"
            yield Diagnosis("ok", room) if free > MIN_FREE_BYTES else Diagnosis("note", room, advice)
            next(folder.iterdir(), None)
            with tempfile.TemporaryDirectory(prefix=".riptui-doctor-", dir=folder) as scratch:
                yield _check_fsync(Path(scratch), folder)
                yield from _check_folder_fsync(Path(scratch))
                yield from _check_rename(Path(scratch))
                yield from _check_modes(Path(scratch))
                yield from _check_umask(folder)
                yield _check_locks(Path(scratch))
    except DiskError as error:
        yield Diagnosis("bad", str(error), "choose another folder with --runs or $RIPTUI_RUNS")


def _check_fsync(scratch: Path, folder: Path) -> Diagnosis:
    with (scratch / "fsync").open("wb") as file:
        started = time.perf_counter()
        for _ in range(10):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        seconds = (time.perf_counter() - started) / 10
    slow = "each iteration pays this twice; a local disk is faster" if seconds > SLOW_FSYNC_SECONDS else ""
    return Diagnosis("note" if slow else "ok", f"{folder} is writable, an fsync takes {seconds * 1e3:.1f} ms", slow)


def _check_folder_fsync(scratch: Path) -> Diagnoses:
    fd = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        advice = "after a power cut the newest trajectories may be missing; nothing else is lost"
        yield Diagnosis("note", "names of new files cannot be made durable (fsync of a folder)", advice)
    finally:
        os.close(fd)


def _check_rename(scratch: Path) -> Diagnoses:
    (scratch / "old").write_bytes(b"old")
    (scratch / "new").write_bytes(b"new")
    try:
        (scratch / "new").rename(scratch / "old")
        replaced = (scratch / "old").read_bytes() == b"new" and not (scratch / "new").exists()
    except OSError:
        replaced = False
    if not replaced:
        yield Diagnosis(
            "bad", "a file cannot be replaced by renaming another", "choose a folder on another file system"
        )


def _check_modes(scratch: Path) -> Diagnoses:
    """Whether permissions can be set, which a group that shares a folder needs."""
    file = scratch / "mode"
    file.touch()
    kept = False
    with suppress(OSError):
        for mode in (0o640, 0o600):
            file.chmod(mode)
            kept = stat.S_IMODE(file.stat().st_mode) == mode
    if not kept:
        advice = "who may read and write is decided by the mount, for all files alike"
        yield Diagnosis("note", "permissions of files cannot be set", advice)


def _check_umask(folder: Path) -> Diagnoses:
    if notice := explain_umask(folder):
        yield Diagnosis("note", notice, "run `umask 002`, and put it into ~/.profile")


def _check_locks(scratch: Path) -> Diagnosis:
    """Whether a lock of this process keeps another process out."""
    file = scratch / "lock"
    file.touch()
    if uses_lock_files():
        return Diagnosis("ok", 'lock files are used instead of the system\'s locks (the setting locks = "files")')
    with file.open("r+b") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            return Diagnosis("bad", f"locks do not work ({error.strerror})", ADVICE)
        command = [sys.executable, "-I", "-c", LOCK_PROBE, str(file)]
        try:
            code = subprocess.run(
                command, timeout=OTHER_PROCESS_SECONDS, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
        except (OSError, subprocess.TimeoutExpired):
            code = None
    if code == REFUSED:
        return Diagnosis("ok", "locks work between two processes; whether between two machines, the mount decides")
    if code == 0:
        return Diagnosis("bad", "locks do not keep a second process out", ADVICE)
    return Diagnosis("note", "whether locks work between two processes could not be tried")
