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

from riptui.engine import Bench, Elsewhere, Event, Failed, alike, insist, stop
from riptui.errors import DiskError, HeldError, RiptuiError
from riptui.spec import Spec
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.wanted import to_do

POLL = 0.25  # seconds between two looks at a trajectory that another process computes


@dataclass(frozen=True)
class Already:
    """Nothing had to be computed."""

    what: str = "done"


class Display(Protocol):
    """Shows what happens."""

    def show(self, trajectory: Trajectory, event: Event | Already) -> None: ...


class Stop:
    """Ctrl-C and SIGTERM ask for a stop after the iteration in hand; a second one ends at once, which loses nothing
    that is committed. SIGHUP (the terminal is gone) asks too."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, notice: str = "stopping after this iteration (again: at once)") -> None:
        self.signal: int | None = None
        self._notice = f"\n{notice}\n".encode()

    def __enter__(self) -> Self:
        heeded = [number for number in self.SIGNALS if signal.getsignal(number) != signal.SIG_IGN]  # nohup's is not
        self._before = {number: signal.signal(number, self._ask) for number in heeded}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __bool__(self) -> bool:
        return self.signal is not None

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        if number != signal.SIGHUP:
            with suppress(OSError, ValueError):  # nobody reads it: no reason not to stop in order
                os.write(sys.stderr.fileno(), self._notice)


def perform(trajectories: Sequence[Trajectory], display: Display, wanted: Request | None = None) -> int:
    """Bring trajectories to their ends; return the exit code. A failed one does not stop the others; the disk does.

    After a signal those that did not come to their end are stopped, but for the ones that another process computes.
    """
    with Stop() as stop:
        mine = Own(trajectories, display, wanted, stop)
        try:
            for trajectory, event in Bench().work(mine.take, should_stop=lambda: bool(stop)):
                mine.show(trajectory, event)
        except DiskError as error:
            mine.show(mine.last, Failed(error))
            return 1
        if stop.signal is not None:
            mine.stop()
            return 128 + stop.signal
    return 1 if mine.failed else 0


class Own:
    """The trajectories of one command: which is next, and what became of them."""

    def __init__(
        self, trajectories: Sequence[Trajectory], display: Display, wanted: Request | None, stopped: Stop
    ) -> None:
        self.failed = False
        self.last = trajectories[0]
        """The one that was looked at last."""
        self._all = trajectories
        self._waiting = [*trajectories]
        self._held: list[Trajectory] = []
        self._display, self._wanted, self._stopped = display, wanted, stopped

    def take(self, like: Spec | None) -> Trajectory | None:
        """The next that has something to do; waits for one that another process computes if there is no other."""
        while (self._waiting or self._held) and not self._stopped:
            if not self._waiting:
                time.sleep(POLL)
                self._waiting, self._held = self._held, []
            found = self._first(like)
            if found is not None or like is not None:
                return found
        return None

    def show(self, trajectory: Trajectory, event: Event | Already) -> None:
        if isinstance(event, Elsewhere):
            self._held.append(trajectory)
        self.failed |= isinstance(event, Failed)
        self._display.show(trajectory, event)

    def stop(self) -> None:
        """Leave them alone until somebody asks for them again, so that no worker takes them up."""
        for trajectory in self._all:
            with suppress(RiptuiError):
                if trajectory.status() == Status.QUEUED:
                    stop(trajectory)

    def _first(self, like: Spec | None) -> Trajectory | None:
        for trajectory in [one for one in self._waiting if like is None or _is_alike(one, like)]:
            self._waiting.remove(trajectory)
            self.last = trajectory
            try:
                if to_do(trajectory, self._wanted):
                    insist(trajectory, self._wanted)
                    return trajectory
                self.show(trajectory, Already())
            except HeldError as error:
                self.show(trajectory, Elsewhere(len(trajectory.rows()), trajectory.holder, error))
            except DiskError:
                raise
            except RiptuiError as error:
                self.show(trajectory, Failed(error))
            if self._stopped:
                break
        return None


def _is_alike(trajectory: Trajectory, like: Spec) -> bool:
    try:
        return alike(like, trajectory.spec)
    except RiptuiError:  # which is told when it is its turn
        return False
