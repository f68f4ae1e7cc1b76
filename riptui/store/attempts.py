"""How often a trajectory was begun at the same iteration, so that one that kills its process cannot do so for ever.

Counted before anything is computed and forgotten when its process leaves it in order: what is left is the number of
processes that died at it.
"""

import msgspec

from riptui.store import layout
from riptui.store.claim import Claim, encode_record
from riptui.store.disk import read_file
from riptui.store.records import UNREADABLE
from riptui.store.trajectory import Trajectory

MAX_ATTEMPTS = 3


class AttemptCount(msgspec.Struct, frozen=True):
    """attempts.json: so many sessions began when k iterations were committed, and none has left in order."""

    k: int
    count: int


def count_attempt(claim: Claim, k: int) -> int:
    """Count one more attempt at iteration k + 1, durably; return how many that are. Raises DiskError, DamagedError."""
    previous = _read(claim.trajectory)
    attempts = AttemptCount(k, previous.count + 1 if previous and previous.k == k else 1)
    claim.folder.write_atomically(layout.ATTEMPTS, encode_record(attempts))
    return attempts.count


def read_attempt_count(trajectory: Trajectory, k: int) -> int:
    """How many processes died at iteration k + 1, or are at it; k: iterations that are committed. Raises DiskError."""
    previous = _read(trajectory)
    return previous.count if previous and previous.k == k else 0


def _read(trajectory: Trajectory) -> AttemptCount | None:
    data = read_file(trajectory.path / layout.ATTEMPTS, 1000)
    try:
        return msgspec.json.decode(data, type=AttemptCount) if data is not None else None
    except UNREADABLE:
        return None


def clear_attempts(claim: Claim) -> None:
    claim.folder.remove_file(layout.ATTEMPTS)
