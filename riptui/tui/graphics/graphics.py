"""The protocol in use, for every picture of the app."""

from __future__ import annotations

from collections.abc import Callable

from riptui.tui.graphics.terminal import PROTOCOLS, Protocol, Terminal

NAMES: dict[Protocol, str] = {"kitty": "kitty", "sixel": "sixel", "halfblock": "half blocks", "off": "off"}


class Graphics:
    """How pictures are shown now. Pictures listen; key `g` calls `cycle`."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.protocol: Protocol = terminal.protocol
        self._listeners: dict[object, Callable[[], None]] = {}

    @property
    def status(self) -> str:
        """What is used and why, in one line: "kitty: kitty 0.41.1 has kitty graphics with placeholders"."""
        if self.protocol == self.terminal.protocol:
            return f"{NAMES[self.protocol]}: {self.terminal.why}"
        return (
            f"{NAMES[self.protocol]}: switched by hand; by itself {NAMES[self.terminal.protocol]}: {self.terminal.why}"
        )

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
