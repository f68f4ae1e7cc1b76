"""A thread that saves and measures iteration k while k+1 is inpainted, in the order in which it is told to."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from riptui.events import TrajectoryEvent

MAX_PENDING = 4  # iterations; how far inpainting may run ahead of the disk, so that a slow keyframe does not hold it up

SaveTask = Callable[[], Iterable[TrajectoryEvent]]


class Saver:
    """A context. Jobs run one after another; what they tell is yielded in the same order, when they are done.

    A job that raises ends all: what comes after it is not done, and its error is raised where its events are asked for.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="saver")
        self._pending: deque[Future[list[TrajectoryEvent]]] = deque()
        self._has_failed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def submit(self, task: SaveTask) -> None:
        self._pending.append(self._executor.submit(self._run_task, task))

    def take_finished(self) -> Iterator[TrajectoryEvent]:
        """What is told so far; waits while too much is under way."""
        while self._pending and (len(self._pending) > MAX_PENDING or self._pending[0].done()):
            yield from self._pending.popleft().result()

    def drain(self) -> Iterator[TrajectoryEvent]:
        """Wait for all that is under way."""
        while self._pending:
            yield from self._pending.popleft().result()

    def _run_task(self, task: SaveTask) -> list[TrajectoryEvent]:
        """After a failure nothing more is kept: the next row would make what is missing look like damage."""
        if self._has_failed:
            return []
        self._has_failed = True
        events = list(task())
        self._has_failed = False
        return events
