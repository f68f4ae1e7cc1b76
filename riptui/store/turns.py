"""Whose trajectory is next: each user in turn, so that thousands of one do not keep another's single one waiting."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from riptui.spec import Spec, can_share_batch
from riptui.store.queued import QueuedTrajectory

TURN_SECONDS = 60.0
"""How long a batch may be refilled while another user's trajectory, of another model, is next. Loading takes time."""


class Turns:
    """Which users had their turns, as seen by one worker."""

    def __init__(self) -> None:
        self._last_turn: dict[int, int] = {}  # number of the turn by user id
        self._count = 0
        self._model_since = 0.0  # time.monotonic(): when a trajectory was last taken whatever its model

    def sort(self, waiting: Iterable[QueuedTrajectory]) -> list[QueuedTrajectory]:
        """The first of each user, then the second of each; of equals, whoever had no turn for longest."""
        by_owner: defaultdict[int, list[QueuedTrajectory]] = defaultdict(list)
        for queued in sorted(waiting, key=lambda queued: queued.sort_key):
            by_owner[queued.owner].append(queued)
        if len(by_owner) == 1:
            return next(iter(by_owner.values()))
        ranked = [
            ((rank, self._last_turn.get(owner, 0), queued.sort_key), queued)
            for owner, of_owner in by_owner.items()
            for rank, queued in enumerate(of_owner)
        ]
        return [queued for _, queued in sorted(ranked, key=lambda pair: pair[0])]

    def is_over(self, queue: Sequence[QueuedTrajectory], spec: Spec) -> bool:
        """Whether a batch of this spec takes no more, because a user's trajectory that cannot join it is next.

        queue: as sorted. With a single user, the order of the queue decides.
        """
        if not queue or len({queued.owner for queued in queue}) == 1:
            return False
        is_passed_over = not can_share_batch(queue[0].trajectory.spec, spec)
        return is_passed_over and time.monotonic() - self._model_since > TURN_SECONDS

    def count(self, owner: int, *, any_model: bool) -> None:
        """A trajectory of a user was taken. any_model: not only as one that may join a batch."""
        self._count += 1
        self._last_turn[owner] = self._count
        if any_model:
            self._model_since = time.monotonic()
