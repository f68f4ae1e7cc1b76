"""How often a trajectory was begun at the same iteration, so that one that kills its process cannot do so for ever.

Counted before anything is computed and forgotten when its process leaves it in order: what is left is the number of
processes that died at it.
"""

import msgspec

from riptui.store import layout
from riptui.store.claim import Claim, encode
from riptui.store.disk import read_file
from riptui.store.records import UNREADABLE
from riptui.store.trajectory import Trajectory

MOST = 3


class Attempts(msgspec.Struct, frozen=True):
    """attempts.json: so many sessions began when k iterations were committed, and none has left in order."""

    k: int
    count: int


def count(claim: Claim, k: int) -> int:
    """Count one more attempt at iteration k + 1, durably; return how many that are. Raises DiskError, DamagedError."""
    before = _read(claim.trajectory)
    attempts = Attempts(k, before.count + 1 if before and before.k == k else 1)
    claim.folder.write_whole(layout.ATTEMPTS, encode(attempts))
    return attempts.count


def made(trajectory: Trajectory, k: int) -> int:
    """How many processes died at iteration k + 1, or are at it; k: iterations that are committed. Raises DiskError."""
    before = _read(trajectory)
    return before.count if before and before.k == k else 0


def _read(trajectory: Trajectory) -> Attempts | None:
    data = read_file(trajectory.path / layout.ATTEMPTS, 1000)
    try:
        return msgspec.json.decode(data, type=Attempts) if data is not None else None
    except UNREADABLE:
        return None


def forget(claim: Claim) -> None:
    claim.folder.remove(layout.ATTEMPTS)
