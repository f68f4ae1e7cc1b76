"""Changes of the queue from the screen: only of one's own trajectories, and each can be taken back. For one thread."""

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from riptui.errors import InputError
from riptui.filesystem import user_name
from riptui.store.queued import QueuedTrajectory
from riptui.supervision.queue_listing import ListedQueue
from riptui.supervision.reordering import RequestChange, undo_changes
from riptui.text.units import format_count

MIN_PRIORITY, MAX_PRIORITY = -1000, 1000

QueueChange = Callable[[Sequence[QueuedTrajectory], Sequence[QueuedTrajectory]], list[RequestChange]]
"""Changes the chosen ones among all that wait."""


class QueueChanges:
    """What was changed from here, so that the last can be undone."""

    def __init__(self) -> None:
        self._done: list[list[RequestChange]] = []

    def apply(self, queue: ListedQueue, paths: Collection[Path], change: QueueChange) -> int:
        """Change what waits at these paths. Returns how many of them wait and are one's own.

        Raises InputError if none is; DiskError, DamagedError.
        """
        waiting = [line.queued for line in queue.lines]
        chosen = require_own([queued for queued in waiting if queued.trajectory.path in paths])
        changes = change(chosen, waiting)
        if changes:
            self._done.append(changes)
        return len(chosen)

    def undo(self) -> str:
        """Take the last change back. Returns what to say."""
        if not self._done:
            return "nothing to undo here"
        changes = self._done.pop()
        undone = len(undo_changes(changes))
        others = len(changes) - undone
        kept = f", {others:,} changed by others since" if others else ""
        return f"{format_count(undone, 'trajectory')} as before{kept}"


def require_own(chosen: Sequence[QueuedTrajectory]) -> list[QueuedTrajectory]:
    """Those that are this user's. Raises InputError if none is."""
    own = [queued for queued in chosen if queued.owner == os.geteuid()]
    if not chosen:
        raise InputError("it does not wait any more")
    if not own:
        raise InputError(f"{user_name(chosen[0].owner)} queued it, and only {user_name(chosen[0].owner)} changes that")
    return own


def parse_priority(text: str) -> int:
    """A priority as it is typed. Raises InputError."""
    try:
        number = int(text)
    except ValueError:
        number = MAX_PRIORITY + 1
    if not MIN_PRIORITY <= number <= MAX_PRIORITY:
        raise InputError(f"a whole number from {MIN_PRIORITY} to {MAX_PRIORITY}; higher ones are computed first")
    return number
