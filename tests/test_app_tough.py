"""Whatever ends the app or breaks around it: the terminal, a pty, is left as it was, and what can goes on."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import fake_terminal as fakes
import numpy as np
import odd_inpainters
import pytest
from command import environment, finished, started, wait_until
from conftest import MakeTrajectory
from opened import FIRST, Opened, made, make_runs, opened

from riptui.engine import compute
from riptui.store import layout
from riptui.store.frames import frame
from riptui.store.trajectory import Trajectory
from riptui.tui.graphics.picture import Picture
from riptui.tui.graphics.probe import QUESTIONS
from riptui.tui.graphics.terminal import Terminal as Capable

BROWSE = [sys.executable, "-m", "riptui", "browse"]
SECONDS = 20.0  # for what is quick on an idle machine
GONE_WITHIN = 3.0  # seconds from the end of a terminal to the end of the app in it
HALF_BLOCKS = Capable("halfblock", "a test", truecolor=True)
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
        assert (b"38;2;" in app.terminal.written) == ("NO_COLOR" in changes)  # which Textual answers with greys


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


# --- what breaks on disk


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy of the runs folder, for tests that change it."""
    return Path(shutil.copytree(folder, tmp_path / "runs"))


def quit_in_order(app: Running) -> None:
    app.terminal.type("q")
    app.require_end(0)
    app.require_restored()


def test_a_runs_folder_that_is_deleted_while_it_is_open_is_told_and_shown_when_it_is_back(
    own: Path, tmp_path: Path
) -> None:
    with running(own) as app:
        own.rename(tmp_path / "away")
        app.terminal.wait_for(b"there is no folder")
        here = len(app.terminal.written)
        (tmp_path / "away").rename(own)
        app.terminal.wait_for(b"m64-s1", after=here)
        quit_in_order(app)


def test_two_apps_on_one_folder_show_the_same_and_one_goes_on_when_the_other_ends(own: Path) -> None:
    with running(own) as one, running(own) as other:
        made(own, "night/m64-s3", seed=3)
        for app in (one, other):
            app.terminal.wait_for(b"3 queued")
        quit_in_order(one)
        here = len(other.terminal.written)
        shutil.rmtree(own / "night")
        other.terminal.wait_for(b"3 done", after=here)  # in the counts, of which nothing is queued or paused any more
        assert b"queued" not in other.terminal.written[here:]
        quit_in_order(other)


EVIL = "\x1b]0;taken\x07\x1b[2J\u202e[/red]\n" + "x" * 300


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def name_source(folder: Path) -> None:
    spec = json.loads((folder / layout.SPEC).read_bytes())
    del spec["digest"]
    (folder / layout.SPEC).write_text(json.dumps(spec | {"source_name": EVIL}))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "spec-cut": (lambda folder: cut(folder / layout.SPEC, 40), "spec.json"),
    "spec-evil": (name_source, "\\x1b]0;taken"),
    "rows-cut": (lambda folder: cut(folder / layout.ROWS, 1000), "/32"),
    "patches-cut": (lambda folder: cut(folder / layout.PATCHES, 1000), "patch 25"),
    "metrics-evil": (lambda folder: (folder / layout.METRICS).write_text(json.dumps({"k": 2, EVIL: 1.0}) + "\n"), ""),
    "original-png": (lambda folder: (folder / layout.ORIGINAL).write_text(EVIL), "original.png"),
    "keyframe-png": (lambda folder: (folder / layout.KEYFRAMES / "32.png").write_bytes(b"\x89PNG\r\n" + b"x" * 99), ""),
    "failed-evil": (
        lambda folder: (folder / layout.FAILED).write_text(
            json.dumps({"when": EVIL, "k": 3, "error": EVIL, "traceback": EVIL})
        ),
        "taken",
    ),
    "-".join(["long"] * 20): (lambda folder: None, "long-long"),
}
"""Ways to break a trajectory, and what is said of each."""


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    """A group of each of these, with a good one at each side, three groups of 100 letters deep."""
    runs = tmp_path / "runs"
    group = runs / ("a" * 100) / ("b" * 100) / ("c" * 100)
    for name, (spoil, _) in {"a-good": (id, ""), **BROKEN, "z-good": (id, "")}.items():
        shutil.copytree(folder / FIRST, group / name)
        spoil(group / name)
    (group / f"{layout.NEW}0123456789ab").mkdir()
    (group / "\x1b]0;taken\x07").mkdir()
    return runs


async def test_what_is_broken_or_half_written_is_told_in_its_place_and_the_rest_is_shown(broken: Path) -> None:
    async with opened(broken, terminal=HALF_BLOCKS) as at:
        group = at.here.rpartition("/")[0]
        for name, (_, told) in BROKEN.items():
            at.tree.select(f"{group}/{name}")
            await at.until(lambda: at.browser._shown == f"{group}/{name}", name)  # noqa: B023  awaited at once
            seen = ""
            for key in ("0", "$", "left", *"12345"):
                await at.press(key)
                await at.rest()
                seen += at.text
            assert told in seen, name
            assert {c for c in seen if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == {"\n"}, name
        at.tree.select(f"{group}/z-good")
        await at.until(lambda: at.browser._shown == f"{group}/z-good", "the good one")
        await at.shown(31)
        assert at.view.query_one("#frame Picture", Picture).image is not None
        at.tree.select(group)
        await at.until(lambda: "unreadable" in at.text, "the group")
        for key in "1234":
            await at.press(key)
            assert {c for c in at.text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == {"\n"}


# --- workers


async def test_a_frame_that_a_worker_computes_appears_on_the_screen(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory("night/one", metrics=("ssim",))
    async with opened(runs, select="night/one", terminal=HALF_BLOCKS) as at:
        await at.shown(0)
        original = cells_shown(at)
        with started("worker", "--runs", runs, "--idle", "0") as worker:
            await at.until(lambda: at.view.k == 16, "the last frame")
            await at.until(lambda: "✓ 1 done" in at.text, "the end")
            assert finished(worker).code == 0
        await at.rest()
        picture = at.view.query_one("#frame Picture", Picture)
        assert np.array_equal(picture.image, frame(trajectory, 16))
        assert any("▀" in text for text, _ in original)
        assert cells_shown(at) != original


def cells_shown(at: Opened) -> list[tuple[str, object]]:
    """Where frame k is on the screen: text and colours."""
    region = at.view.query_one("#frame Picture").region
    rows = at.app.screen._compositor.render_strips()[region.y : region.bottom]
    return [(part.text, part.style) for row in rows for part in row.crop(region.x, region.right)]


def test_a_worker_that_is_killed_while_it_is_watched_is_told_and_the_app_goes_on(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("night/one", inpainter="slow", parameters={"seconds": 0.2, "steps": 4}, amount=400.0)
    with (
        started("worker", "--runs", runs, command=odd_inpainters.COMMAND) as worker,
        running(runs, command=[*odd_inpainters.COMMAND, "browse"], seen=b"1 running") as app,
    ):
        app.terminal.wait_for(b"iteration ")
        worker.kill()
        app.terminal.wait_for(b" died; its log")
        app.terminal.wait_for(b"1 interrupted")
        quit_in_order(app)


@pytest.mark.parametrize(
    ("settings", "looks", "rung"),
    [
        ("", True, b""),
        ("", False, b"\x07"),
        ("bell = 'always'", True, b"\x07"),
        ("bell = 'never'", False, b""),
        ("ring = 'osc9'", False, b"\x1b]9;riptui: night/m64-s1: done\x07"),
    ],
)
def test_an_end_rings_as_the_settings_have_it(
    settings: str, looks: bool, rung: bytes, own: Path, own_places: Path
) -> None:
    (own_places / "riptui").mkdir(parents=True)
    (own_places / "riptui" / "settings.toml").write_text(settings)
    with running(own) as app:
        app.terminal.type("\x1b[I" if looks else "\x1b[O")
        list(compute(Trajectory(own / "night/m64-s1")))
        app.terminal.wait_for(b"4 done")
        quit_in_order(app)
        ended = re.findall(rb"(?:\x1b\][^\x1b\x07]*)?\x07", bytes(app.terminal.written))
        rings = [one for one in ended if not one.startswith(b"\x1b]22;")]  # the shape of the pointer
        assert rings == ([rung] if rung else [])


# --- what is no terminal


@pytest.mark.parametrize("closed", [False, True], ids=["stdin from a file", "stdin closed"])
def test_without_a_keyboard_it_says_so_in_a_line(closed: bool, folder: Path) -> None:
    with started("browse", folder, preexec_fn=(lambda: os.close(0)) if closed else None) as process:
        outcome = finished(process)
    assert outcome.code == 2
    outcome.require_one_line("the app needs a terminal", "riptui ls")
