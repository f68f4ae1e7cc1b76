"""The protocol in use for every picture of the app, and what the pictures share."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from riptui.tui.graphics import kitty
from riptui.tui.graphics.probe import cell_by_window
from riptui.tui.graphics.terminal import PROTOCOLS, Protocol, Terminal
from riptui.tui.graphics.wire import LOCAL, REMOTE

if TYPE_CHECKING:
    from riptui.tui.graphics.encoding import Encoder

NAMES: dict[Protocol, str] = {"kitty": "kitty", "sixel": "sixel", "halfblock": "half blocks", "off": "off"}


class Graphics:
    """How pictures are shown now. Pictures listen; key `g` calls `cycle`."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.protocol: Protocol = terminal.protocol
        self.wire = REMOTE if terminal.remote else LOCAL
        self._listeners: dict[object, Callable[[], None]] = {}
        self._first_cell = cell_by_window()
        # The low byte is a colour of the 256, and 16 is the first that all terminals agree on; the high byte keeps
        # clear of other programs' pictures.
        first = random.randrange(1, 256) << 24
        self._numbers = range(first + 16, first + 256)
        self._taken: set[int] = set()

    @cached_property
    def encoder(self) -> Encoder:
        """For all pictures one, made with the first."""
        from riptui.tui.graphics.encoding import Encoder  # with NumPy and Pillow, 150 ms

        return Encoder()

    @property
    def status(self) -> str:
        """What is used and why, in one line: "kitty: kitty 0.41.1 has kitty graphics with placeholders"."""
        if self.protocol == self.terminal.protocol:
            return f"{NAMES[self.protocol]}: {self.terminal.why}"
        return f"{NAMES[self.protocol]}: switched to; else {NAMES[self.terminal.protocol]}: {self.terminal.why}"

    @property
    def cell(self) -> tuple[int, int]:
        """Pixels of a cell now: as the terminal told, or by the window's size once a zoom changed that."""
        now = cell_by_window()
        return now if now and now != self._first_cell else self.terminal.cell

    def use(self, protocol: Protocol) -> None:
        """Show all pictures in this way from now on, also in one that the terminal does not claim to know."""
        if protocol != self.protocol:
            self.protocol = protocol
            for changed in list(self._listeners.values()):
                changed()

    def cycle(self) -> Protocol:
        """Go on to the next protocol of those that this terminal can show, "off" among them. Returns it."""
        ring = [name for name in PROTOCOLS if name in (*self.terminal.offered, "off")]
        here = ring.index(self.protocol) if self.protocol in ring else -1
        self.use(ring[(here + 1) % len(ring)])
        return self.protocol

    def listen(self, who: object, changed: Callable[[], None]) -> None:
        """Call `changed` after every switch, until `forget`."""
        self._listeners[who] = changed

    def forget(self, who: object) -> None:
        self._listeners.pop(who, None)

    def farewell(self) -> str:
        """What frees all pictures in kitty: to be written (`on_exit_app`) before the alternate screen is left."""
        return "".join(self.free(number) for number in sorted(self._taken))

    def take_number(self) -> int | None:
        """A number for a picture in the terminal; None where all are taken."""
        number = next((number for number in self._numbers if number not in self._taken), None)
        if number is not None:
            self._taken.add(number)
        return number

    def free(self, number: int) -> str:
        """What frees a picture in the terminal; nothing where that was done."""
        if number not in self._taken:
            return ""
        self._taken.remove(number)
        return kitty.delete(number, tmux=self.terminal.tmux)
