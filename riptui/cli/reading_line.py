"""A line on the terminal that tells how far a long reading of trajectories is; it vanishes when it ends."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from riptui.text.units import format_count, format_duration

SHOWN_AFTER = 1.0  # seconds of reading
INTERVAL = 0.2  # seconds between two lines
ESTIMATED_AFTER = 0.01  # of the tree, before which the time left would jump


class ReadingLine:
    """Use it as a context, and call it for each trajectory that was read. Nothing without a terminal on stderr."""

    def __init__(self) -> None:
        self._next = time.monotonic() + SHOWN_AFTER if sys.stderr.isatty() else float("inf")
        self._count = 0
        self._start: tuple[float, float] | None = None
        """When it was first shown, and the walked share of the tree then: what an index knows takes no time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._start:
            self._write("")

    def __call__(self, folder: str, walked_share: Callable[[str], float]) -> None:
        """walked_share: how much of the tree comes before a folder, 0 to 1."""
        self._count += 1
        now = time.monotonic()
        if now < self._next:
            return
        self._next, share = now + INTERVAL, walked_share(folder)
        began, known = self._start = self._start or (now, share)
        left = (now - began) * (1 - share) / (share - known) if share > known + ESTIMATED_AFTER else None
        ending = "" if left is None else f", {format_duration(left)} left"
        self._write(f"read {format_count(self._count, 'trajectory')} for the index, {share:.0%}{ending}")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
