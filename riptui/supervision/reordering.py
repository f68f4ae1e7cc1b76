"""Change the queue: positions and priorities in the requests of queued trajectories, or that they wait no longer.

Users take turns, so a trajectory moves among those of its owner. Every function returns what it changed, which
`undo_changes` takes back. All raise DiskError, DamagedError.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import msgspec

from riptui.errors import RiptuiError
from riptui.store.disk_queue import SAME_TURN_SECONDS
from riptui.store.listing import natural_key
from riptui.store.lock import probe_lock
from riptui.store.queued import QueuedTrajectory
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory

STEP_SECONDS = 1e-3  # between two positions in the queue
APART_SECONDS = SAME_TURN_SECONDS + 1.0  # between positions that are not computed together, even with the same model


@dataclass(frozen=True)
class RequestChange:
    """A request that was written."""

    trajectory: Trajectory
    before: Request
    after: Request


def undo_changes(changes: Sequence[RequestChange]) -> list[Trajectory]:
    """Write the requests as they were before, of those that nobody has changed since. Returns these."""
    undone = []
    for change in reversed(changes):
        with suppress(RiptuiError):  # it was removed, or cannot be written any more
            if change.trajectory.request == change.after:
                set_request(change.trajectory, change.before)
                undone.append(change.trajectory)
    return undone


def take_out(chosen: Sequence[QueuedTrajectory]) -> list[RequestChange]:
    """Take queued trajectories out of the queue: they are stopped. None that a process runs by now."""
    changes = []
    for queued in chosen:
        request = queued.trajectory.request
        if request.state == "run" and not probe_lock(queued.trajectory.path)[0]:
            changes += _write(queued.trajectory, request, msgspec.structs.replace(request, state="stop"))
    return changes


def reorder(trajectories: Sequence[Trajectory]) -> list[RequestChange]:
    """Put queued trajectories in this order, at the positions and priorities that they now have together."""
    changes = []
    requests = [trajectory.request for trajectory in trajectories]
    places = sorted((-(request.priority or 0), request.queued) for request in requests)
    previous: tuple[int, float, object] | None = None
    for trajectory, request, (negative, position) in zip(trajectories, requests, places, strict=True):
        name = natural_key(str(trajectory.path))
        if previous is not None and (negative, position, name) <= previous:
            position = previous[1] + STEP_SECONDS  # at equal positions the path decides
        previous = (negative, position, name)
        changes += _place(trajectory, request, position, -negative)
    return changes


def move_to_end(
    chosen: Sequence[QueuedTrajectory], waiting: Sequence[QueuedTrajectory], end: Literal["first", "last"]
) -> list[RequestChange]:
    """Move queued trajectories before or behind all others of their owners; their own order stays.

    If others have a higher (lower) priority, they get it too.
    """
    changes = []
    paths = {queued.trajectory.path for queued in chosen}
    for owner, moving in _group_by_owner(chosen):
        others = [each for each in waiting if each.owner == owner and each.trajectory.path not in paths]
        if not others:
            continue
        pick = max if end == "first" else min
        priority = pick(other.priority for other in others)
        positions = [other.queued for other in others if other.priority == priority]
        if end == "first":
            base = min(positions) - APART_SECONDS - len(moving) * STEP_SECONDS
        else:
            base = max(positions) + APART_SECONDS
        for number, queued in enumerate(moving, 1):
            request = queued.trajectory.request
            own = request.priority or 0
            if pick(own, priority) == priority:
                changes += _place(queued.trajectory, request, base + number * STEP_SECONDS, priority)
    return changes


def set_priority(chosen: Sequence[QueuedTrajectory], priority: int) -> list[RequestChange]:
    """Give queued trajectories a priority."""
    requests = [(queued.trajectory, queued.trajectory.request) for queued in chosen]
    return [
        change for trajectory, request in requests for change in _place(trajectory, request, request.queued, priority)
    ]


def _group_by_owner(chosen: Sequence[QueuedTrajectory]) -> Iterator[tuple[int, list[QueuedTrajectory]]]:
    in_order = sorted(chosen, key=lambda queued: (queued.owner, queued.sort_key))
    for owner, members in groupby(in_order, key=lambda queued: queued.owner):
        yield owner, list(members)


def _place(trajectory: Trajectory, request: Request, position: float, priority: int) -> list[RequestChange]:
    """Write a place in the queue into a request, unless it has it; when it was requested is kept."""
    moved = msgspec.structs.replace(
        request,
        queued=position,
        priority=priority or msgspec.UNSET,
        since=request.since if position == request.queued else request.since or request.queued,
    )
    return _write(trajectory, request, moved)


def _write(trajectory: Trajectory, before: Request, after: Request) -> list[RequestChange]:
    if before == after:
        return []
    set_request(trajectory, after)
    return [RequestChange(trajectory, before, after)]


def shift(waiting: Sequence[QueuedTrajectory], paths: Collection[Path], offset: int) -> list[RequestChange]:
    """Move queued trajectories so many positions earlier (-1) or later (1) among those of their owners."""
    changes = []
    for owner in {queued.owner for queued in waiting if queued.trajectory.path in paths}:
        queue = sorted((queued for queued in waiting if queued.owner == owner), key=lambda queued: queued.sort_key)
        before = [queued.trajectory for queued in queue]
        after = shift_in_queue(before, [trajectory for trajectory in before if trajectory.path in paths], offset)
        changed = [index for index, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
        if changed:
            changes += reorder(after[changed[0] : changed[-1] + 1])
    return changes


def shift_in_queue(queue: Sequence[Trajectory], chosen: Sequence[Trajectory], offset: int) -> list[Trajectory]:
    """The queue with the chosen ones moved so many positions earlier (-1) or later (1); their own order stays."""
    earlier, moving = offset < 0, set(chosen)
    order = list(queue) if earlier else list(reversed(queue))
    for _ in range(abs(offset)):
        for index in range(1, len(order)):
            if order[index] in moving and order[index - 1] not in moving:
                order[index - 1], order[index] = order[index], order[index - 1]
    return order if earlier else order[::-1]
