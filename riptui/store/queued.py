"""A trajectory's place in the queue, read from its folder."""

import os
from dataclasses import dataclass
from functools import cached_property

from riptui.errors import DiskError, RiptuiError
from riptui.store import attempts
from riptui.store.disk_errors import explain_errors
from riptui.store.listing import OnListingError, ignore_error, natural_key
from riptui.store.requests import has_work, is_requested
from riptui.store.trajectory import Trajectory


@dataclass(frozen=True)
class QueuedTrajectory:
    """A trajectory that may be taken."""

    trajectory: Trajectory
    queued: float
    """Its place in the queue: when it was requested, in seconds since 1970."""
    attempts: int
    """Processes in a row that died without committing a new iteration of it."""
    owner: int = 0
    """The user id that its folder belongs to."""
    priority: int = 0
    """Of its owner's trajectories, those with a higher one come first."""
    since: float = 0.0
    """When it was requested, in seconds since 1970; unlike `queued`, reordering does not change it."""

    @cached_property
    def sort_key(self) -> tuple[object, ...]:
        """Trajectories that may have killed workers come last, so that they do not keep the others from running."""
        return self.attempts, -self.priority, self.queued, natural_key(os.fspath(self.trajectory))


def read_queued(trajectory: Trajectory, *, on_error: OnListingError = ignore_error) -> QueuedTrajectory | None:
    """A trajectory's place in the queue; None if it is not requested, is done, has failed or cannot be read.

    on_error: called if the disk does not let it be read now.
    """
    try:
        request = trajectory.request
        if not is_requested(trajectory, request) or not has_work(trajectory, request=request):
            return None
        count = attempts.read_attempt_count(trajectory)
        with explain_errors(os.fspath(trajectory)):
            owner = os.stat(trajectory).st_uid
        since = request.since or request.queued
        return QueuedTrajectory(trajectory, request.queued, count, owner, request.priority or 0, since)
    except DiskError as error:
        on_error(error)
    except (RiptuiError, OSError):
        pass
    return None
