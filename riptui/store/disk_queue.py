"""The queue of a runs folder: the requested trajectories that no process is running, one of each user in turn.

Thousands of folders are checked every second, so what was read of one is kept until the folder changes: creating,
replacing or removing a file in it changes its modification time. Appending a line does not, and need not: only the
holder of the lock appends, and taking the lock has changed the folder.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from riptui.errors import DiskError
from riptui.spec import Spec, can_share_batch
from riptui.store.listing import list_subfolders, mtime_ns, walk_folders
from riptui.store.lock import probe_lock
from riptui.store.queued import QueuedTrajectory, read_queued
from riptui.store.trajectory import Trajectory
from riptui.store.turns import Turns, WaitingByOwner, group_by_owner

MIN_SCAN_SECONDS = 1.0  # seconds between two scans of the runs folder
MAX_SCAN_SHARE = 0.05  # of the time is spent on scanning, at most
SAME_TURN_SECONDS = 60.0  # seconds; trajectories queued within this time run model by model
RETRY_SKIPPED_SECONDS = 300.0  # seconds until a folder that could not be written is tried again
MTIME_TICK_NS = 2 * 10**9  # ns; two changes closer than the file system's clock tick have the same modification time


def find_candidates(queue: Iterable[QueuedTrajectory], spec: Spec | None) -> Iterator[QueuedTrajectory]:
    """The trajectories of a sorted queue to try next, in order; given a spec, only those that may join its batch.

    A trajectory whose last process died joins no batch, so that another death counts against no other trajectory.
    Another model goes first if it has waited for longer than `SAME_TURN_SECONDS`, or if its trajectory has a higher
    priority than the others of the same owner.
    """
    last_in_turn = None
    highest: dict[int, int] = {}  # the priority of each owner's first
    for candidate in queue:
        last_in_turn = candidate.queued + SAME_TURN_SECONDS if last_in_turn is None else last_in_turn
        is_urgent = candidate.priority >= highest.setdefault(candidate.owner, candidate.priority)
        if spec is None or (
            can_share_batch(candidate.trajectory.spec, spec)
            and not candidate.attempts
            and candidate.queued <= last_in_turn
            and is_urgent
        ):
            yield candidate


class DiskQueue:
    """The queue of a runs folder, shared with all other processes that use the folder.

    accepts: whether a trajectory may be taken; asked again when something in its folder changes. May raise DiskError.
    """

    has_held = False
    """A trajectory that another process is running is that process's business."""

    def __init__(self, runs: Path, accepts: Callable[[Trajectory], bool] = lambda trajectory: True) -> None:
        self._by_owner: WaitingByOwner = {}  # what could be taken at the last scan, and was not taken since
        self._runs = runs
        self._accepts = accepts
        self._known: dict[str, tuple[int, QueuedTrajectory | None]] = {}
        """By path: the folder's modification time, and what was read then."""
        self._skipped: dict[str, tuple[int, float]] = {}
        """By path: the folder's modification time, and the time.monotonic() until which it is not taken."""
        self._unreadable: dict[str, str] = {}
        """Why the disk did not let trajectories be read at the last scan, by path: the next scan tries again."""
        self._untold: dict[str, str] = {}
        """Those of them that `take_unreadable` has not returned yet."""
        self._turns = Turns()
        self._next_scan = 0.0  # time.monotonic()

    @property
    def waiting(self) -> list[QueuedTrajectory]:
        """What could be taken at the last scan, and was not taken since: the next one first."""
        return [*self._turns.order(self._by_owner)]

    def __len__(self) -> int:
        """The number of those."""
        return sum(map(len, self._by_owner.values()))

    def scan(self, *, now: bool = False) -> None:
        """Read the runs folder if it is time to, or `now`."""
        started = time.monotonic()
        if not now and started < self._next_scan:
            return
        known: dict[str, tuple[int, QueuedTrajectory | None]] = {}
        waiting = []
        earlier, self._unreadable = self._unreadable, {}
        for path in self._find_folders():
            mtime = mtime_ns(path)
            previous = self._known.get(path)
            queued = previous[1] if previous and previous[0] == mtime else self._read(Trajectory(path))
            held = queued is not None and probe_lock(path)[0]
            skipped_mtime, skipped_until = self._skipped.get(path, (mtime, 0.0))
            is_skipped = skipped_mtime == mtime and started < skipped_until
            if queued is not None and not held and not is_skipped:
                waiting.append(queued)
            if not held and path not in self._unreadable and time.time_ns() - mtime > MTIME_TICK_NS:
                known[path] = mtime, queued
        self._known = known
        self._untold |= {path: reason for path, reason in self._unreadable.items() if path not in earlier}
        self._by_owner = group_by_owner(waiting)
        ended = time.monotonic()
        self._next_scan = ended + max(MIN_SCAN_SECONDS, (ended - started) / MAX_SCAN_SHARE)

    def _read(self, trajectory: Trajectory) -> QueuedTrajectory | None:
        def note(error: DiskError) -> None:
            self._unreadable[os.fspath(trajectory)] = str(error)

        try:
            is_accepted = self._accepts(trajectory)
        except DiskError as error:
            note(error)
            return None
        return read_queued(trajectory, on_error=note) if is_accepted else None

    def take_unreadable(self) -> list[tuple[Trajectory, str]]:
        """The trajectories that the disk has not let be read since the last call, and why: they may be queued."""
        untold, self._untold = self._untold, {}
        return [(Trajectory(path), reason) for path, reason in untold.items()]

    def _find_folders(self) -> list[str]:
        """The trajectory folders below the runs folder; none if it cannot be read."""
        root = os.path.realpath(self._runs)
        try:
            folders = walk_folders(Path(root), is_known=self._known.__contains__, list_names=list_subfolders)
            return [folder for folder, is_group in folders if not is_group and folder != root]
        except DiskError:
            return []

    def take_next(self, spec: Spec | None) -> Trajectory | None:
        """Take the next trajectory; given a spec, the next that may join its batch. None: there is none now."""
        self.scan()
        if spec is not None and self._turns.is_over(self._by_owner, spec):
            return None
        snapshot = {owner: [*queue] for owner, queue in self._by_owner.items()}
        for candidate in find_candidates(self._turns.order(snapshot), spec):
            self._by_owner[candidate.owner].remove(candidate)
            if not probe_lock(os.fspath(candidate.trajectory))[0] and self._read(candidate.trajectory) is not None:
                self._turns.count(candidate.owner, any_model=spec is None)
                return candidate.trajectory
            # otherwise another process took it, or its request changed, since the last scan
        return None

    def mark_ended(self, trajectory: Trajectory, *, final: bool) -> None:
        """It left the batch. If that is final, it is not taken again before something in its folder changes."""
        if final:
            path = os.fspath(trajectory)
            self._known[path] = mtime_ns(path), None

    def skip(self, trajectory: Trajectory) -> None:
        """Its folder cannot be used, for a reason that is no other folder's. It is tried again when something in the
        folder has changed, which a person's request does, or later.
        """
        path = os.fspath(trajectory)
        self._skipped[path] = mtime_ns(path), time.monotonic() + RETRY_SKIPPED_SECONDS
