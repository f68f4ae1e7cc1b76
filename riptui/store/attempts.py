"""The number of processes that died at the same iteration, so that a trajectory cannot kill workers for ever.

Each session is counted before it computes anything, and the count is removed when the session ends in order. So what
remains is the number of sessions that died.
"""

import os

import msgspec

from riptui.store import layout
from riptui.store.claim import Claim, encode_record
from riptui.store.disk import read_file
from riptui.store.records import UNREADABLE
from riptui.store.trajectory import Trajectory

MAX_ATTEMPTS = 3


class AttemptCount(msgspec.Struct, frozen=True):
    """attempts.json: sessions in a row that began when k iterations were committed and have not ended in order."""

    k: int
    count: int


def count_attempt(claim: Claim, k: int) -> int:
    """Count one more attempt at iteration k + 1, durably; return the new count. Raises DiskError, DamagedError."""
    previous = _read(claim.trajectory)
    attempts = AttemptCount(k, previous.count + 1 if previous and previous.k == k else 1)
    claim.folder.write_atomically(layout.ATTEMPTS, encode_record(attempts))
    return attempts.count


def read_attempt_count(trajectory: Trajectory, k: int | None = None) -> int:
    """Processes that died at iteration k + 1 or are computing it. Raises DiskError, DamagedError.

    k: committed iterations; None: as many as there are.
    """
    previous = _read(trajectory)
    return previous.count if previous and previous.k == (len(trajectory.read_rows()) if k is None else k) else 0


def _read(trajectory: Trajectory) -> AttemptCount | None:
    data = read_file(f"{os.fspath(trajectory)}/{layout.ATTEMPTS}", 1000)
    try:
        return msgspec.json.decode(data, type=AttemptCount) if data is not None else None
    except UNREADABLE:
        return None


def clear_attempts(claim: Claim) -> None:
    claim.folder.remove_file(layout.ATTEMPTS)
