"""The app in a terminal of its own, a pty: whatever ends it or breaks around it, the terminal is left as it was."""

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
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import fake_terminal as fakes
import pytest
from command import environment, wait_until
from opened import make_runs

from riptui.tui.graphics.probe import QUESTIONS

BROWSE = [sys.executable, "-m", "riptui", "browse"]
SECONDS = 20.0  # for what is quick on an idle machine
GONE_WITHIN = 3.0  # seconds from the end of a terminal to the end of the app in it
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
RESTORED = (LEFT, b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l", b"\x1b[?1004l")
"""The first screen, the cursor, the mouse in three modes, pasting, the focus."""
ESCAPES = re.compile(rb"\x1b(\[[0-9;:?<>=$ ]*[@-~]|[P_\]][^\x1b]*\x1b\\|[78=>])")


class Terminal:
    """What the app is shown on: the outer end of a pty, and all that was written to it."""

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
        """All that was written, without the escape sequences."""
        return ESCAPES.sub(b"", bytes(self.written)).decode(errors="replace")

    def close(self) -> None:
        """The person is gone: the window is closed, the line is cut."""
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
            if not asked and QUESTIONS in self.written:
                asked = True
                os.write(self.outside, self._replies)


class Running:
    """The app's process and its terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: Terminal) -> None:
        self.process, self.terminal = process, terminal

    def require_end(self, code: int, seconds: float = SECONDS) -> None:
        assert self.process.wait(seconds) == code, self.terminal.text[-2000:]

    def require_restored(self, *, quiet: bool = True) -> None:
        """The process has ended, and nobody sees that it was there. Quiet: nothing was said after that."""
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by many tests, written by none."""
    runs = tmp_path_factory.mktemp("tough") / "runs"
    make_runs(runs)
    return runs


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
    """The app in a terminal that controls it, once `seen` is on its screen. It does not outlive the context."""
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


# --- how it ends


def test_q_ends_it_and_nothing_is_left_on_the_screen(folder: Path) -> None:
    with running(folder) as app:
        app.terminal.type("q")
        app.require_end(0)
        app.require_restored()


def test_ctrl_c_does_not_end_it_by_accident(folder: Path) -> None:
    with running(folder) as app:
        app.terminal.type("\x03")
        app.terminal.wait_for(b"uit")  # how to quit is told
        app.terminal.type("q")
        app.require_end(0)
        app.require_restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(number: signal.Signals, folder: Path) -> None:
    with running(folder) as app:
        app.process.send_signal(number)
        app.require_end(128 + number, GONE_WITHIN)
        app.require_restored()


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("ignored", [False, True], ids=["", "as under nohup"])
def test_a_terminal_that_goes_ends_it(ignored: bool, folder: Path) -> None:
    """Also where the signal that says so is ignored; and it does not turn round and round meanwhile."""
    with running(folder, ignored=[signal.SIGHUP] if ignored else []) as app:
        used = before = processor_seconds(app.process.pid)
        app.terminal.close()
        until = time.monotonic() + GONE_WITHIN
        while app.process.poll() is None and time.monotonic() < until:
            with suppress(OSError):
                used = processor_seconds(app.process.pid)
            time.sleep(0.02)
        assert app.process.poll() == 128 + signal.SIGHUP
        assert used - before < 1.5


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("how", ["key", "signal"])
def test_suspended_it_gives_the_terminal_back_and_comes_back_whole(how: str, folder: Path) -> None:
    with running(folder) as app:
        terminal = app.terminal
        if how == "key":
            terminal.type("\x1a")
        else:
            app.process.send_signal(signal.SIGTSTP)
        wait_until(lambda: state_of(app.process.pid) == "T", SECONDS)
        app.require_restored()
        here = len(terminal.written)
        app.process.send_signal(signal.SIGCONT)
        terminal.wait_for(ENTERED, after=here)
        terminal.wait_for(b"m64-s1", after=here)
        terminal.wait_for(b"riptui", after=here)
        terminal.type("q")
        app.require_end(0)
        app.require_restored()


def test_a_crash_is_told_in_two_lines_and_reported_in_a_file(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from riptui.tui.browser import Browser; from riptui.cli import main\n"
        "def action_mark(self): raise ValueError('it \\x1b[31mbroke')\n"
        "Browser.action_mark = action_mark\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    with running(folder, command=[sys.executable, "-c", code, "browse"], XDG_STATE_HOME=str(tmp_path)) as app:
        app.terminal.type("m")
        app.require_end(1)
        app.require_restored(quiet=False)
        said = bytes(app.terminal.written[app.terminal.written.rindex(b"error: ") :]).decode()
    [report] = (tmp_path / "riptui").glob("crash-*.txt")
    assert said.splitlines() == [
        "error: the app failed: ValueError: it \\x1b[31mbroke",
        f"Nothing is lost: what is computed goes on, what was computed is saved. The report: {report}",
    ]
    assert "in action_mark" in report.read_text()


# --- terminals and homes


@pytest.mark.parametrize(
    "changes",
    [{"TERM": "linux", "COLORTERM": None}, {"TERM": "xterm-256color", "COLORTERM": None}, {"NO_COLOR": "1"}],
    ids=["linux", "256", "no colour"],
)
def test_on_poorer_terminals_it_works_too(changes: dict[str, str | None], folder: Path) -> None:
    with running(folder, **changes) as app:
        app.terminal.type("q")
        app.require_end(0)
        app.require_restored()
        assert (b"38;2;" in app.terminal.written) == (changes.get("COLORTERM", "") == "" and "NO_COLOR" in changes)


def test_a_home_that_cannot_be_written_is_none(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    places = {f"XDG_{name}_HOME": str(tmp_path / "file") for name in ("CONFIG", "STATE", "CACHE")}
    with running(folder, HOME=str(tmp_path / "file"), **places) as app:
        app.terminal.type("q")
        app.require_end(0)
        app.require_restored()


def test_forty_resizes_in_a_second_leave_a_whole_screen(folder: Path) -> None:
    with running(folder) as app:
        for number in range(40):
            app.terminal.resize(40 + 3 * number, 10 + number)
            os.kill(app.process.pid, signal.SIGWINCH)
            time.sleep(0.025)
        here = len(app.terminal.written)
        app.terminal.resize(90, 25)
        app.terminal.wait_for(b"\x1b[25;", after=here)  # its last row
        app.terminal.type("q")
        app.require_end(0)
        app.require_restored()
