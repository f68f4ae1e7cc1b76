"""Stop a command in order on Ctrl-C and SIGTERM."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Self


class StopSignal:
    """A context that is true after a signal. Ctrl-C and SIGTERM request a stop after the current iteration; a second
    one raises KeyboardInterrupt, which loses nothing that is committed. SIGHUP (the terminal closed) requests one too.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, notice: str = "finishing this iteration, then stopping (press again to stop now)") -> None:
        self.signal: int | None = None
        self._notice = f"\n{notice}\n".encode()

    def __enter__(self) -> Self:
        handled = [number for number in self.SIGNALS if signal.getsignal(number) != signal.SIG_IGN]  # e.g. by nohup
        self._previous_handlers = {number: signal.signal(number, self._on_signal) for number in handled}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def __bool__(self) -> bool:
        return self.signal is not None

    def unless_requested(self, is_requested: Callable[[], bool]) -> Callable[[], bool]:
        """A function that says whether to stop: after a signal, or because of a request, which counts as SIGTERM."""

        def should_stop() -> bool:
            if self.signal is None and is_requested():
                self._begin(signal.SIGTERM)
            return self.signal is not None

        return should_stop

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self._begin(number)

    def _begin(self, number: int) -> None:
        self.signal = number
        if number != signal.SIGHUP:
            with suppress(OSError, ValueError):  # stderr is closed: stop in order nevertheless
                os.write(sys.stderr.fileno(), self._notice)
