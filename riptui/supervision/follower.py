"""A process in the background that follows queued trajectories, for what their worker does not do: tell their ends, and
replace a worker that hangs or dies.
"""

import subprocess
from contextlib import ExitStack, suppress
from typing import IO

import msgspec

from riptui.filesystem import open_own_log
from riptui.settings.paths import follower_log_file
from riptui.store.worker_record import WorkerOptions
from riptui.supervision import client


class FollowTask(msgspec.Struct, frozen=True):
    """What `riptui follow` reads from its standard input."""

    runs: str
    trajectories: tuple[str, ...] = ()
    study: str = ""
    """The study file, instead of trajectories."""
    workers: tuple[WorkerOptions, ...] = ()
    """The workers to keep running."""
    on_end: str = ""
    timeout: float | None = None


def start_follower(task: FollowTask) -> None:
    """Start `riptui follow` in the background; its problems are written to `follower_log_file`. Raises OSError."""
    with ExitStack() as stack:
        log: int | IO[bytes] = subprocess.DEVNULL
        with suppress(OSError):  # a read-only home: the ends are told all the same
            log = stack.enter_context(open_own_log(follower_log_file()))
        process = subprocess.Popen(
            [*client.COMMAND, "follow"], stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    assert process.stdin is not None
    with process.stdin as stdin:
        stdin.write(msgspec.json.encode(task))
