"""The protocol in use for every picture of the app, and what the pictures share."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from riptui.tui.graphics import kitty
from riptui.tui.graphics.budget import LOCAL_BUDGET, REMOTE_BUDGET
from riptui.tui.graphics.capabilities import PROTOCOLS, GraphicsProtocol, Terminal
from riptui.tui.graphics.probe import cell_from_window

if TYPE_CHECKING:
    from riptui.tui.graphics.encoding import Encoder

PROTOCOL_NAMES: dict[GraphicsProtocol, str] = {
    "kitty": "kitty",
    "sixel": "sixel",
    "halfblock": "half blocks",
    "off": "off",
}


class Graphics:
    """How pictures are shown now. Pictures listen; key `g` calls `cycle`."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.protocol: GraphicsProtocol = terminal.protocol
        self.budget = REMOTE_BUDGET if terminal.remote else LOCAL_BUDGET
        self._listeners: dict[object, Callable[[], None]] = {}
        self._initial_cell = cell_from_window()
        # The low byte is a colour of the 256, and 16 is the first that all terminals agree on; the high byte keeps
        # clear of other programs' pictures.
        first = random.randrange(1, 256) << 24
        self._picture_numbers = range(first + 16, first + 256)
        self._used_numbers: set[int] = set()

    @cached_property
    def encoder(self) -> Encoder:
        """For all pictures one, made with the first."""
        from riptui.tui.graphics.encoding import Encoder  # with NumPy and Pillow, 150 ms

        return Encoder()

    @property
    def status(self) -> str:
        """What is used and why, in one line: "kitty: kitty 0.41.1 has kitty graphics with placeholders"."""
        if self.protocol == self.terminal.protocol:
            return f"{PROTOCOL_NAMES[self.protocol]}: {self.terminal.reason}"
        automatic = f"{PROTOCOL_NAMES[self.terminal.protocol]}: {self.terminal.reason}"
        return f"{PROTOCOL_NAMES[self.protocol]}: switched to; else {automatic}"

    @property
    def cell(self) -> tuple[int, int]:
        """Pixels of a cell now: as the terminal told, or by the window's size once a zoom changed that."""
        now = cell_from_window()
        return now if now and now != self._initial_cell else self.terminal.cell

    def set_protocol(self, protocol: GraphicsProtocol) -> None:
        """Show all pictures in this way from now on, also in one that the terminal does not claim to know."""
        if protocol != self.protocol:
            self.protocol = protocol
            for callback in list(self._listeners.values()):
                callback()

    def cycle(self) -> GraphicsProtocol:
        """Go on to the next protocol of those that this terminal can show, "off" among them. Returns it."""
        choices = [name for name in PROTOCOLS if name in (*self.terminal.offered, "off")]
        index = choices.index(self.protocol) if self.protocol in choices else -1
        self.set_protocol(choices[(index + 1) % len(choices)])
        return self.protocol

    def subscribe(self, listener: object, callback: Callable[[], None]) -> None:
        """Call `callback` after every switch, until `unsubscribe`."""
        self._listeners[listener] = callback

    def unsubscribe(self, listener: object) -> None:
        self._listeners.pop(listener, None)

    def free_all(self) -> str:
        """What frees all pictures in kitty: to be written (`on_exit_app`) before the alternate screen is left."""
        return "".join(self.free_picture(number) for number in sorted(self._used_numbers))

    def allocate_number(self) -> int | None:
        """A number for a picture in the terminal; None where all are taken."""
        number = next((number for number in self._picture_numbers if number not in self._used_numbers), None)
        if number is not None:
            self._used_numbers.add(number)
        return number

    def free_picture(self, number: int) -> str:
        """What frees a picture in the terminal; nothing where that was done."""
        if number not in self._used_numbers:
            return ""
        self._used_numbers.remove(number)
        return kitty.delete(number, tmux=self.terminal.tmux)
