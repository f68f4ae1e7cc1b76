"""Compute several trajectories, one after another, beside other processes that may compute the same ones."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Protocol, Self

from riptui.engine import BatchRunner, can_share_batch, force_request, request_stop
from riptui.errors import DiskError, HeldError, RiptuiError
from riptui.events import Event, Failed, HeldByOther
from riptui.spec import Spec
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Status, Trajectory

POLL_SECONDS = 0.25  # seconds between two looks at a trajectory that another process computes


@dataclass(frozen=True)
class NothingToDo:
    """Nothing had to be computed."""

    state: str = "done"


class RunDisplay(Protocol):
    """Shows what happens."""

    def show(self, trajectory: Trajectory, event: Event | NothingToDo) -> None: ...


class StopSignal:
    """Ctrl-C and SIGTERM ask for a stop after the iteration in hand; a second one ends at once, which loses nothing
    that is committed. SIGHUP (the terminal is gone) asks too."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, notice: str = "stopping after this iteration (again: at once)") -> None:
        self.signal: int | None = None
        self._notice = f"\n{notice}\n".encode()

    def __enter__(self) -> Self:
        handled = [number for number in self.SIGNALS if signal.getsignal(number) != signal.SIG_IGN]  # nohup's is not
        self._previous_handlers = {number: signal.signal(number, self._on_signal) for number in handled}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def __bool__(self) -> bool:
        return self.signal is not None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        if number != signal.SIGHUP:
            with suppress(OSError, ValueError):  # nobody reads it: no reason not to stop in order
                os.write(sys.stderr.fileno(), self._notice)


def run_in_process(trajectories: Sequence[Trajectory], display: RunDisplay, request: Request | None = None) -> int:
    """Bring trajectories to their ends; return the exit code. A failed one does not stop the others; the disk does.

    After a signal those that did not come to their end are stopped, but for the ones that another process computes.
    """
    with StopSignal() as stop:
        queue = LocalQueue(trajectories, display, request, stop)
        try:
            for trajectory, event in BatchRunner().run(queue.take_next, should_stop=lambda: bool(stop)):
                queue.show(trajectory, event)
        except DiskError as error:
            queue.show(queue.last, Failed(error))
            return 1
        if stop.signal is not None:
            queue.stop()
            return 128 + stop.signal
    return 1 if queue.failed else 0


class LocalQueue:
    """The trajectories of one command: which is next, and what became of them."""

    def __init__(
        self, trajectories: Sequence[Trajectory], display: RunDisplay, request: Request | None, stop_signal: StopSignal
    ) -> None:
        self.failed = False
        self.last = trajectories[0]
        """The one that was looked at last."""
        self._all = trajectories
        self._waiting = [*trajectories]
        self._held: list[Trajectory] = []
        self._display, self._request, self._stop_signal = display, request, stop_signal

    def take_next(self, batch_spec: Spec | None) -> Trajectory | None:
        """The next that has something to do; waits for one that another process computes if there is no other."""
        while (self._waiting or self._held) and not self._stop_signal:
            if not self._waiting:
                time.sleep(POLL_SECONDS)
                self._waiting, self._held = self._held, []
            trajectory = self._next_with_work(batch_spec)
            if trajectory is not None or batch_spec is not None:
                return trajectory
        return None

    def show(self, trajectory: Trajectory, event: Event | NothingToDo) -> None:
        if isinstance(event, HeldByOther):
            self._held.append(trajectory)
        self.failed |= isinstance(event, Failed)
        self._display.show(trajectory, event)

    def stop(self) -> None:
        """Leave them alone until somebody asks for them again, so that no worker takes them up."""
        for trajectory in self._all:
            with suppress(RiptuiError):
                if trajectory.read_status() == Status.QUEUED:
                    request_stop(trajectory)

    def _next_with_work(self, batch_spec: Spec | None) -> Trajectory | None:
        for trajectory in [
            candidate for candidate in self._waiting if batch_spec is None or _fits_batch(candidate, batch_spec)
        ]:
            self._waiting.remove(trajectory)
            self.last = trajectory
            try:
                if has_work(trajectory, self._request):
                    force_request(trajectory, self._request)
                    return trajectory
                self.show(trajectory, NothingToDo())
            except HeldError as error:
                self.show(trajectory, HeldByOther(len(trajectory.read_rows()), trajectory.holder, error))
            except DiskError:
                raise
            except RiptuiError as error:
                self.show(trajectory, Failed(error))
            if self._stop_signal:
                break
        return None


def _fits_batch(trajectory: Trajectory, batch_spec: Spec) -> bool:
    try:
        return can_share_batch(batch_spec, trajectory.spec)
    except RiptuiError:  # which is told when it is its turn
        return False
