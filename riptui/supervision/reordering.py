"""Change the order of the queue: the positions and priorities in the requests of queued trajectories.

Users take turns, so a trajectory moves among those of its owner.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

import msgspec

from riptui.store.disk_queue import SAME_TURN_SECONDS
from riptui.store.listing import natural_key
from riptui.store.queued import QueuedTrajectory
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory

STEP_SECONDS = 1e-3  # between two positions in the queue
APART_SECONDS = SAME_TURN_SECONDS + 1.0  # between positions that are not computed together, even with the same model


def reorder(trajectories: Sequence[Trajectory]) -> None:
    """Put queued trajectories in this order, at the positions and priorities that they now have together.

    Raises DiskError, DamagedError.
    """
    requests = [trajectory.request for trajectory in trajectories]
    places = sorted((-(request.priority or 0), request.queued) for request in requests)
    previous: tuple[int, float, object] | None = None
    for trajectory, request, (negative, position) in zip(trajectories, requests, places, strict=True):
        name = natural_key(str(trajectory.path))
        if previous is not None and (negative, position, name) <= previous:
            position = previous[1] + STEP_SECONDS  # at equal positions the path decides
        previous = (negative, position, name)
        _place(trajectory, request, position, -negative)


def move_to_end(
    chosen: Sequence[QueuedTrajectory], waiting: Sequence[QueuedTrajectory], end: Literal["first", "last"]
) -> None:
    """Move queued trajectories before or behind all others of their owners; their own order stays.

    If others have a higher (lower) priority, they get it too. Raises DiskError, DamagedError.
    """
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
                _place(queued.trajectory, request, base + number * STEP_SECONDS, priority)


def set_priority(chosen: Sequence[QueuedTrajectory], priority: int) -> None:
    """Give queued trajectories a priority. Raises DiskError, DamagedError."""
    for queued in chosen:
        request = queued.trajectory.request
        _place(queued.trajectory, request, request.queued, priority)


def _group_by_owner(chosen: Sequence[QueuedTrajectory]) -> Iterator[tuple[int, list[QueuedTrajectory]]]:
    in_order = sorted(chosen, key=lambda queued: (queued.owner, queued.sort_key))
    for owner, members in groupby(in_order, key=lambda queued: queued.owner):
        yield owner, list(members)


def _place(trajectory: Trajectory, request: Request, position: float, priority: int) -> None:
    """Write a place in the queue into a request, unless it has it; when it was requested is kept."""
    moved = msgspec.structs.replace(
        request,
        queued=position,
        priority=priority or msgspec.UNSET,
        since=request.since if position == request.queued else request.since or request.queued,
    )
    if moved != request:
        set_request(trajectory, moved)


def shift(waiting: Sequence[QueuedTrajectory], paths: Collection[Path], offset: int) -> None:
    """Move queued trajectories one position earlier (-1) or later (1) among those of their owners.

    Raises DiskError, DamagedError.
    """
    for owner in {queued.owner for queued in waiting if queued.trajectory.path in paths}:
        queue = sorted((queued for queued in waiting if queued.owner == owner), key=lambda queued: queued.sort_key)
        before = [queued.trajectory for queued in queue]
        after = shift_in_queue(before, [trajectory for trajectory in before if trajectory.path in paths], offset)
        changed = [index for index, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
        if changed:
            reorder(after[changed[0] : changed[-1] + 1])


def shift_in_queue(queue: Sequence[Trajectory], chosen: Sequence[Trajectory], offset: int) -> list[Trajectory]:
    """The queue with the chosen ones moved one position earlier (-1) or later (1); their own order stays."""
    earlier, moving = offset < 0, set(chosen)
    order = list(queue) if earlier else list(reversed(queue))
    for index in range(1, len(order)):
        if order[index] in moving and order[index - 1] not in moving:
            order[index - 1], order[index] = order[index], order[index - 1]
    return order if earlier else order[::-1]
