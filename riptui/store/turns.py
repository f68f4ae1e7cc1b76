"""Whose trajectory is next: each user in turn, so that thousands of one do not keep another's single one waiting."""

import time
from collections.abc import Iterable, Iterator

from riptui.spec import Spec, can_share_batch
from riptui.store.queued import QueuedTrajectory

TURN_SECONDS = 60.0
"""How long a batch may be refilled while another user's trajectory, of another model, is next. Loading takes time."""

WaitingByOwner = dict[int, list[QueuedTrajectory]]
"""What waits, by user id: each user's in the order of the queue."""


def group_by_owner(waiting: Iterable[QueuedTrajectory]) -> WaitingByOwner:
    by_owner: WaitingByOwner = {}
    for queued in sorted(waiting, key=lambda queued: queued.sort_key):
        by_owner.setdefault(queued.owner, []).append(queued)
    return by_owner


class Turns:
    """Which users had their turns, as seen by one worker."""

    def __init__(self) -> None:
        self._last_turn: dict[int, int] = {}  # number of the turn by user id
        self._count = 0
        self._model_since = 0.0  # time.monotonic(): when a trajectory was last taken whatever its model

    def order(self, by_owner: WaitingByOwner) -> Iterator[QueuedTrajectory]:
        """The first of each user, then the second of each; of equals, whoever had no turn for longest.

        The next ones cost little, however many wait.
        """
        queues = [queue for queue in by_owner.values() if queue]
        if len(queues) == 1:
            yield from queues[0]
            return
        for rank in range(max(map(len, queues), default=0)):
            equals = [queue[rank] for queue in queues if rank < len(queue)]
            yield from sorted(equals, key=lambda queued: (self._last_turn.get(queued.owner, 0), queued.sort_key))

    def is_over(self, by_owner: WaitingByOwner, spec: Spec) -> bool:
        """Whether a batch of this spec takes no more, because a user's trajectory that cannot join it is next.

        With a single user, the order of the queue decides.
        """
        if sum(map(bool, by_owner.values())) < 2:
            return False
        is_passed_over = not can_share_batch(next(self.order(by_owner)).trajectory.spec, spec)
        return is_passed_over and time.monotonic() - self._model_since > TURN_SECONDS

    def count(self, owner: int, *, any_model: bool) -> None:
        """A trajectory of a user was taken. any_model: not only as one that may join a batch."""
        self._count += 1
        self._last_turn[owner] = self._count
        if any_model:
            self._model_since = time.monotonic()
