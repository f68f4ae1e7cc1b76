"""The app as a process in its own terminal: a pty whose outer end the test holds."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui.graphics.probe import QUERIES, TMUX_QUERIES
from tests.support import fake_terminal as fakes
from tests.support.command import environment, wait_until

BROWSE = [sys.executable, "-m", "riptui", "browse"]
SECONDS = 20.0  # for what is quick on an idle machine
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
RESTORED = (LEFT, b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l", b"\x1b[?1004l")
"""The first screen, the cursor, the mouse in three modes, pasting, the focus."""
ESCAPES = re.compile(rb"\x1b(\[[0-9;:?<>=$ ]*[@-~]|[P_\]][^\x1b]*\x1b\\|[78=>])")


class Terminal:
    """The app's terminal: the outer end of a pty, and everything that was written to it."""

    def __init__(self, replies: bytes, size: tuple[int, int]) -> None:
        self.outside, self.inside = pty.openpty()
        self.written = bytearray()
        self._replies = replies
        self._changed = threading.Condition()
        self._closed = False
        self.resize(*size)
        self.modes = termios.tcgetattr(self.inside)
        self._server = threading.Thread(target=self._serve, daemon=True)
        self._server.start()

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.inside, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self.outside, keys.encode())

    def wait_for(self, text: bytes, *, after: int = 0, seconds: float = SECONDS) -> None:
        with self._changed:
            found = self._changed.wait_for(lambda: self.written.find(text, after) >= 0, seconds)
        assert found, self.text[-3000:]

    @property
    def text(self) -> str:
        """Everything that was written, without the escape sequences."""
        return ESCAPES.sub(b"", bytes(self.written)).decode(errors="replace")

    def close(self) -> None:
        """Close the terminal, as a closed window or a cut connection does."""
        if not self._closed:
            self._closed = True
            self._server.join()
            os.close(self.inside)
            os.close(self.outside)

    def _serve(self) -> None:
        asked = False
        while not self._closed:
            if not select.select([self.outside], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(self.outside, 65536)
            except OSError:
                return
            with self._changed:
                self.written += data
                self._changed.notify_all()
            if not asked and (QUERIES in self.written or TMUX_QUERIES in self.written):
                asked = True
                os.write(self.outside, self._replies)


class Running:
    """The app's process and its terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: Terminal) -> None:
        self.process, self.terminal = process, terminal

    def require_end(self, code: int, seconds: float = SECONDS) -> None:
        assert self.process.wait(seconds) == code, self.terminal.text[-2000:]

    def quit_in_order(self) -> None:
        self.terminal.type("qq")
        self.require_end(0)
        self.require_restored()

    def require_restored(self, *, quiet: bool = True) -> None:
        """Fail unless the terminal is as it was before. quiet: and nothing was printed after the app's last screen."""
        terminal = self.terminal
        terminal.wait_for(LEFT, after=terminal.written.rindex(ENTERED))
        wait_until(lambda: terminal.written.rfind(b"\x1b[?25h") > terminal.written.rindex(LEFT), SECONDS)
        since = terminal.written.rindex(ENTERED)
        for sequence in RESTORED:
            assert terminal.written.find(sequence, since) > 0, sequence
        assert termios.tcgetattr(terminal.inside) == terminal.modes
        assert "Traceback" not in terminal.text
        said = ESCAPES.sub(b"", bytes(terminal.written[terminal.written.rindex(LEFT) :])).decode()
        assert not quiet or said.strip() == ""


@contextmanager
def running(
    *argv: str | Path,
    command: list[str] = BROWSE,
    replies: bytes = fakes.DA1,
    size: tuple[int, int] = (100, 30),
    seen: bytes = b"m64-s1",
    ignored: Sequence[signal.Signals] = (),
    **changes: str | None,
) -> Iterator[Running]:
    """Start the app in a controlling terminal and wait for `seen` on its screen. The context kills it at its end."""
    terminal = Terminal(replies, size)
    given: dict[str, str | None] = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TMUX": None, **changes}

    def prepare() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)

    process = subprocess.Popen(
        [*command, *map(str, argv)],
        stdin=terminal.inside,
        stdout=terminal.inside,
        stderr=terminal.inside,
        env=environment(**given),
        start_new_session=True,
        preexec_fn=prepare,
    )
    try:
        terminal.wait_for(seen)
        yield Running(process, terminal)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        terminal.close()
