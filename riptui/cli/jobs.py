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

from riptui.engine import Event, compute, to_do
from riptui.errors import DiskError, HeldError, RiptuiError
from riptui.store.lock import Holder
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory

POLL = 0.25  # seconds between two looks at a trajectory that another process computes


@dataclass(frozen=True)
class Already:
    """Nothing had to be computed."""

    what: str = "done"


@dataclass(frozen=True)
class Elsewhere:
    """Another process computes the trajectory and has committed k iterations."""

    k: int
    holder: Holder | None


@dataclass(frozen=True)
class Failed:
    """The trajectory ended with an error."""

    error: RiptuiError


class Display(Protocol):
    """Shows what happens. The jobs' events, and the engine's."""

    def show(self, trajectory: Trajectory, event: Event | Already | Elsewhere | Failed) -> None: ...


class Stop:
    """Ctrl-C and SIGTERM ask for a stop after the iteration in hand; a second one ends at once, which loses nothing
    that is committed. SIGHUP (the terminal is gone) asks too."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.signal: int | None = None

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
                os.write(sys.stderr.fileno(), b"\nstopping after this iteration (again: at once)\n")


def perform(trajectories: Sequence[Trajectory], display: Display, wanted: Request | None = None) -> int:
    """Bring trajectories to their ends; return the exit code. A failed one does not stop the others; the disk does."""
    failed = False
    waiting = list(trajectories)
    with Stop() as stop:
        while waiting and not stop:
            held = []
            for trajectory in waiting:
                if stop:
                    break
                try:
                    _one(trajectory, display, stop, wanted)
                except HeldError:
                    held.append(trajectory)
                    display.show(trajectory, Elsewhere(len(trajectory.rows()), trajectory.holder))
                except DiskError as error:
                    display.show(trajectory, Failed(error))
                    return 1
                except RiptuiError as error:
                    display.show(trajectory, Failed(error))
                    failed = True
            if len(held) == len(waiting) and not stop:
                time.sleep(POLL)
            waiting = held
    if stop.signal is not None:
        return 128 + stop.signal
    return 1 if failed else 0


def _one(trajectory: Trajectory, display: Display, stop: Stop, wanted: Request | None) -> None:
    if not to_do(trajectory, wanted):
        display.show(trajectory, Already())
        return
    for event in compute(trajectory, wanted=wanted, should_stop=lambda: bool(stop)):
        display.show(trajectory, event)
