"""`riptui study run` in the background: one process for a study file on this machine, which outlives who started it.

Its output goes to a log of the user's own, which it holds locked: so that others see that it is at work.
"""

import hashlib
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from riptui.errors import DamagedError, HeldError, WorkerError
from riptui.filesystem import is_locked, open_own_log, try_lock
from riptui.settings.paths import study_log_file
from riptui.store.disk import read_tail
from riptui.store.disk_errors import explain_errors
from riptui.store.names import slugify
from riptui.supervision import client

LOCK_SECONDS = 0.2  # a look at the lock holds it for microseconds
MAX_LOG_BYTES = 2**15  # bytes of the log that are shown


def log_of(file: Path) -> Path:
    """The log of a study file's process."""
    digest = hashlib.sha256(os.fsencode(file.resolve())).hexdigest()[:8]
    return study_log_file(f"{slugify(file.stem)[:60]}-{digest}")


def start_study(file: Path, runs: Path) -> "subprocess.Popen[bytes]":
    """Compute a study in the background, as `riptui study run FILE`. runs: where its file names no runs folder.

    Raises HeldError if a process started like this is at work on it; WorkerError if none can be started; DiskError.
    """
    path = log_of(file)
    with explain_errors(path), open_own_log(path) as log:
        if try_lock(log.fileno(), seconds=LOCK_SECONDS) is False:
            raise HeldError(f"{file} is being computed by a process that riptui started before")
        os.ftruncate(log.fileno(), 0)
        command = [*client.COMMAND, "study", "run", str(file.absolute()), "--display", "plain"]
        environment = os.environ | {"RIPTUI_RUNS": str(runs.absolute())}
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
            )
        except OSError as error:
            raise WorkerError(f"could not start riptui study run: {error.strerror}") from error


def is_at_work(file: Path) -> bool:
    """Whether a process that `start_study` started is at work on a study file, on this machine."""
    with suppress(OSError):
        return bool(is_locked(log_of(file)))
    return False


def read_log(file: Path) -> str:
    """The end of the log of a study file's process; empty if there is none. Not yet safe to print."""
    try:
        return read_tail(log_of(file), MAX_LOG_BYTES).decode(errors="replace")
    except DamagedError:
        return ""
