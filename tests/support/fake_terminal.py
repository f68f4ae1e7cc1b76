"""A pty whose other end answers as a terminal does: at once, late, in pieces, wrongly or never."""

import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path
from typing import Any

from riptui.graphics.probe import QUERIES, TMUX_QUERIES

DA1, SIXEL_DA1 = b"\x1b[?62;22c", b"\x1b[?63;1;2;4;6;22c"
CELL, DARK = b"\x1b[6;18;9t", b"\x1b]11;rgb:0000/0000/0000\x1b\\"
KITTY = b"\x1bP>|kitty(0.41.1)\x1b\\\x1b_Gi=31;OK\x1b\\" + CELL + DARK + b"\x1b[?62;c"
OLD_KITTY = KITTY.replace(b"0.41.1", b"0.26.5")
XTERM = b"\x1bP>|XTerm(398)\x1b\\" + CELL + DARK + SIXEL_DA1
WEZTERM = b"\x1bP>|WezTerm 20240203-110809\x1b\\\x1b_Gi=31;OK\x1b\\" + CELL + b"\x1b[?65;4;6;18;22c"
ENVIRONMENT = {"TERM": "xterm-256color", "PATH": os.environ["PATH"]}
APP = Path(__file__).with_name("graphics_app.py")
UNWANTED = ("TMUX", "SSH_CONNECTION", "COLORTERM", "NO_COLOR", "RIPTUI_GRAPHICS")

QUIET = 0.8  # seconds: eight times what a picture rests before it is sent in pixels


@dataclass
class FakeTerminal:
    """`inside` is the program's descriptor; `written` is everything that it wrote."""

    inside: int
    outside: int
    replies: bytes
    delay: float
    piece: int
    written: bytearray = field(default_factory=bytearray)
    closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def type(self, keys: str) -> None:
        os.write(self.outside, keys.encode())

    def wait_for(self, text: bytes, seconds: float = 20) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: text in self.written, seconds), bytes(self.written[-2000:])

    def after_rest(self, keys: str = "", seconds: float = 20) -> bytes:
        """Type, and return the output until a pause longer than a picture rests before it is sent in pixels."""
        start, until = len(self.written), time.monotonic() + seconds
        if keys:
            self.type(keys)
        with self.changed:
            if keys:
                self.changed.wait_for(lambda: len(self.written) > start, 2 * QUIET)
            while self.changed.wait(QUIET):
                assert time.monotonic() < until, "the output never pauses"
            return bytes(self.written[start:])

    def serve(self) -> None:
        asked = False
        while not self.closed:
            if not select.select([self.outside], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(self.outside, 65536)
            except OSError:  # nobody holds the inside any more
                return
            with self.changed:
                self.written += data
                self.changed.notify_all()
            if not asked and (QUERIES in self.written or TMUX_QUERIES in self.written):
                asked = True
                threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        time.sleep(self.delay)  # the round trip
        for start in range(0, len(self.replies), self.piece):
            os.write(self.outside, self.replies[start : start + self.piece])
            if self.piece < len(self.replies):
                time.sleep(0.005)


@contextmanager
def fake_terminal(
    replies: bytes, *, delay: float = 0.0, piece: int = 65536, size: tuple[int, int] = (140, 40)
) -> Iterator[FakeTerminal]:
    """A terminal of (columns, rows) that answers the probe with `replies`, in pieces of `piece` bytes."""
    outside, inside = pty.openpty()
    ioctl(inside, termios.TIOCSWINSZ, struct.pack("4H", size[1], size[0], 0, 0))
    terminal = FakeTerminal(inside, outside, replies, delay, piece)
    server = threading.Thread(target=terminal.serve, daemon=True)
    server.start()
    try:
        yield terminal
    finally:
        terminal.closed = True
        server.join()
        os.close(inside)
        os.close(outside)


@contextmanager
def running_app(terminal: FakeTerminal, keys: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """`graphics_app.py` in this terminal; it writes the keys that reach it to the file `keys`."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    ends: dict[str, Any] = {"stdin": terminal.inside, "stdout": terminal.inside, "stderr": terminal.inside}
    command = [sys.executable, str(APP), str(keys)]
    app = subprocess.Popen(command, env=kept | ENVIRONMENT | variables, start_new_session=True, **ends)
    try:
        yield app
    finally:
        app.kill()
        app.wait()
