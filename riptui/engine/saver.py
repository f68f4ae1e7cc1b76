"""The background writer: saves and measures iteration k while k+1 is inpainted, in the order of submission."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from riptui.events import TrajectoryEvent

MAX_PENDING = 4  # iterations that inpainting may be ahead of the disk, so that a slow keyframe does not delay it

SaveTask = Callable[[], Iterable[TrajectoryEvent]]


class Saver:
    """A context. Tasks run one after another; their events are yielded in the same order, once they are finished.

    A task that raises is the last one to run; its error is raised where its events would be yielded.
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
        """Yield the events of finished tasks; wait while more than `MAX_PENDING` tasks are pending."""
        while self._pending and (len(self._pending) > MAX_PENDING or self._pending[0].done()):
            yield from self._pending.popleft().result()

    def drain(self) -> Iterator[TrajectoryEvent]:
        """Wait for all tasks, and yield their events."""
        while self._pending:
            yield from self._pending.popleft().result()

    def _run_task(self, task: SaveTask) -> list[TrajectoryEvent]:
        """Run a task, unless one has failed: a row after a missing one would look like damage."""
        if self._has_failed:
            return []
        self._has_failed = True
        events = list(task())
        self._has_failed = False
        return events
