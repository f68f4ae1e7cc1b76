"""What is asked for of a trajectory, and what of it is not there yet.

The request is the user's: it is written without the lock, beside the process that computes and looks at it.
"""

from collections.abc import Sequence

import msgspec

from riptui.errors import DiskError
from riptui.metrics import PREVIOUS
from riptui.spec import points
from riptui.store import layout
from riptui.store.claim import encode
from riptui.store.disk import Folder
from riptui.store.lock import Lock
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory


def widened(request: Request, wanted: Request | None) -> Request:
    """A folder's request to run, with what is wanted now added."""
    now = wanted or request
    metrics = tuple(dict.fromkeys([*request.metrics, *now.metrics]))
    return msgspec.structs.replace(request, state="run", metrics=metrics, measure=now.measure)


def to_do(trajectory: Trajectory, wanted: Request | None = None) -> bool:
    """Whether there is something to compute: iterations, or measurements that are asked for."""
    spec, request = trajectory.spec, widened(trajectory.request, wanted)
    if len(trajectory.rows()) < spec.iterations:
        return True
    return bool(unmeasured(trajectory, request.metrics, points(spec, request.measure)))


def unmeasured(trajectory: Trajectory, metrics: Sequence[str], at: Sequence[int]) -> dict[int, list[str]]:
    """What is to be measured of which frame; a value against another frame than the one measured before is void."""
    have, against = trajectory.metrics(), trajectory.measured_against()
    missing = {}
    for k, before in zip(at, [None, *at], strict=False):
        names = [name for name in metrics if before is not None or not name.endswith(PREVIOUS)]
        void = set() if against.get(k) == before else {name for name in names if name.endswith(PREVIOUS)}
        missing[k] = [name for name in names if name not in have.get(k, {}) or name in void]
    return {k: names for k, names in missing.items() if names}


def set_request(trajectory: Trajectory, request: Request) -> None:
    """Replace request.json, whoever computes the trajectory meanwhile. Raises DiskError."""
    for last in (False, False, True):
        try:
            with Folder(trajectory.path.resolve()) as folder:
                folder.write_whole(layout.REQUEST, encode(request), shared=True)
            return
        except DiskError:  # a session that begins clears temporary files away: once more
            if last:
                raise


def forgive(trajectory: Trajectory) -> None:
    """Forget its failure and the attempts that came to nothing. Raises HeldError if it is being computed, DiskError."""
    with Folder(trajectory.path.resolve()) as folder, Lock(folder):
        folder.remove(layout.FAILED)
        folder.remove(layout.ATTEMPTS)
