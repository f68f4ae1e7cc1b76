"""The graphics protocol that the app uses, and what all its pictures share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from riptui.graphics import kitty
from riptui.graphics.budget import LOCAL_BUDGET, REMOTE_BUDGET
from riptui.graphics.capabilities import PROTOCOLS, GraphicsProtocol, Terminal
from riptui.graphics.probe import cell_from_window

if TYPE_CHECKING:
    from riptui.graphics.encoding import Encoder


class Graphics:
    """The current protocol, whose changes pictures subscribe to, the encoder and the numbers of kitty's pictures."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.protocol: GraphicsProtocol = terminal.protocol
        self.budget = REMOTE_BUDGET if terminal.remote else LOCAL_BUDGET
        self._listeners: dict[object, Callable[[], None]] = {}
        self._initial_cell = cell_from_window()
        self._free_numbers = deque(kitty.random_numbers())  # that of a picture that was just freed last
        self._used_numbers: set[int] = set()
        self.discarded = 0
        """Bytes that tmux is known to have thrown away."""

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder of all pictures, created when it is first used."""
        from riptui.graphics.encoding import Encoder  # imports NumPy and Pillow, 150 ms

        return Encoder()

    @property
    def status(self) -> str:
        """The protocol and the reason for it, for the user: "sixel: XTerm 390 supports sixel". Not yet printable."""
        now, detected = (name.replace("halfblock", "half blocks") for name in (self.protocol, self.terminal.protocol))
        automatic = f"{detected}: {self.terminal.reason}"
        return automatic if now == detected else f"{now} (switched by you; detected {automatic})"

    @property
    def cell(self) -> tuple[int, int]:
        """(width, height) of a cell in pixels: as reported at the start or, after a zoom, by the window's size."""
        now = cell_from_window()
        return now if now and now != self._initial_cell else self.terminal.cell

    def set_protocol(self, protocol: GraphicsProtocol) -> None:
        """Show all pictures by this protocol, which the terminal need not support."""
        if protocol != self.protocol:
            self.protocol = protocol
            for callback in list(self._listeners.values()):
                callback()

    def cycle(self) -> GraphicsProtocol:
        """Switch to the next supported protocol, including "off", and return it."""
        choices = [name for name in PROTOCOLS if name in (*self.terminal.offered, "off")]
        index = choices.index(self.protocol) if self.protocol in choices else -1
        self.set_protocol(choices[(index + 1) % len(choices)])
        return self.protocol

    def subscribe(self, listener: object, callback: Callable[[], None]) -> None:
        """Call `callback` after every change of the protocol, until `unsubscribe`."""
        self._listeners[listener] = callback

    def unsubscribe(self, listener: object) -> None:
        self._listeners.pop(listener, None)

    def free_all(self) -> str:
        """The sequence that frees all pictures in kitty. Send it before the alternate screen is left."""
        return "".join(self.free_picture(number) for number in sorted(self._used_numbers))

    def allocate_number(self) -> int | None:
        """Allocate a number for a picture in the terminal; None if all 240 are in use."""
        if not self._free_numbers:
            return None
        number = self._free_numbers.popleft()
        self._used_numbers.add(number)
        return number

    def free_picture(self, number: int) -> str:
        """Release a number; returns the sequence that frees its picture, "" if it was not in use."""
        if number not in self._used_numbers:
            return ""
        self._used_numbers.remove(number)
        self._free_numbers.append(number)
        return kitty.delete(number, tmux=self.terminal.tmux)
