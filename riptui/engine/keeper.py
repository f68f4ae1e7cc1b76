"""A thread that saves and measures iteration k while k+1 is inpainted, in the order in which it is told to."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from riptui.events import Told

AHEAD = 4  # iterations; how far inpainting may run ahead of the disk, so that a slow keyframe does not hold it up

Job = Callable[[], Iterable[Told]]


class Keeper:
    """A context. Jobs run one after another; what they tell is yielded in the same order, when they are done.

    A job that raises ends all: what comes after it is not done, and its error is raised where its events are asked for.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._pending: deque[Future[list[Told]]] = deque()
        self._broken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def do(self, job: Job) -> None:
        self._pending.append(self._thread.submit(self._done, job))

    def ready(self) -> Iterator[Told]:
        """What is told so far; waits while too much is under way."""
        while self._pending and (len(self._pending) > AHEAD or self._pending[0].done()):
            yield from self._pending.popleft().result()

    def rest(self) -> Iterator[Told]:
        """Wait for all that is under way."""
        while self._pending:
            yield from self._pending.popleft().result()

    def _done(self, job: Job) -> list[Told]:
        """After a failure nothing more is kept: the next row would make what is missing look like damage."""
        if self._broken:
            return []
        self._broken = True
        told = list(job())
        self._broken = False
        return told
