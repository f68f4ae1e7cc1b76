"""Ends the processes of an external program: all of them, also when the process that started it is killed.

A program and all that it starts have a mark in their environment: by it they are found, whatever group they are in.
Run as a script, this is a guard that outlives its owner. It imports nothing of riptui, so that it starts in some
milliseconds.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "RIPTUI_PROGRAM"
"""The environment variable with the mark of a program: the path of its exchange folder."""
MAX_ROUNDS = 100  # times that processes are looked for: those that are found may start others before they end


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """If this process is killed meanwhile, what is marked with that exchange folder is ended, and the folder removed.

    Raises OSError if no guard can be started.
    """
    with subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, folder],
        stdin=subprocess.PIPE,  # whose end tells it that its owner has ended
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    ) as guard:
        try:
            yield
        finally:
            guard.kill()


def end_marked(mark: str) -> None:
    """End the processes of this user that have that mark, and those that they start meanwhile."""
    for _ in range(MAX_ROUNDS):
        found = list(_find_marked(f"{MARK}={mark}".encode()))
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _find_marked(entry: bytes) -> Iterator[int]:
    """This user's processes with that entry in their environment, without those that have ended and are not reaped."""
    with suppress(FileNotFoundError):
        for process in os.scandir("/proc"):
            with suppress(OSError):
                is_ours = process.name.isdecimal() and process.stat().st_uid == os.geteuid()
                if is_ours and entry in Path(process.path, "environ").read_bytes().split(b"\0"):
                    yield int(process.name)


def _guard(folder: str) -> None:
    """Wait for the end of the owner, then clean up after it. An owner that is not killed kills this process first."""
    sys.stdin.buffer.read()
    end_marked(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _guard(sys.argv[1])
