"""Whatever ends the app, and whatever terminal it is in: that is left as it was."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import LayoutUpdate

from tests.support.app_pilot import open_app
from tests.support.app_runs import make_runs
from tests.support.app_terminal import ENTERED, SECONDS, running
from tests.support.command import finished, started, wait_until

GONE_WITHIN = 10.0  # seconds from the end of a terminal to the end of the app in it


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by many tests, written by none."""
    runs = tmp_path_factory.mktemp("tough") / "runs"
    make_runs(runs)
    return runs


# --- how it ends


def test_q_ends_it_and_nothing_is_left_on_the_screen(folder: Path) -> None:
    with running(folder) as app:
        app.quit_in_order()


def test_ctrl_c_does_not_end_it_by_accident(folder: Path) -> None:
    with running(folder) as app:
        app.terminal.type("\x03")
        app.terminal.wait_for(b"uit")  # how to quit is told
        app.quit_in_order()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(number: signal.Signals, folder: Path) -> None:
    with running(folder) as app:
        app.process.send_signal(number)
        app.require_end(128 + number, GONE_WITHIN)
        app.require_restored()


@pytest.mark.slow
def test_after_a_stop_from_elsewhere_it_draws_all_again_and_does_not_begin_anew(folder: Path) -> None:
    with running(folder) as app:
        before = len(app.terminal.written)
        app.process.send_signal(signal.SIGSTOP)
        app.process.send_signal(signal.SIGCONT)
        app.terminal.wait_for(b"m64-s0", after=before)
        app.terminal.wait_for(b"m64-s1", after=before)
        app.quit_in_order()
        assert app.terminal.written.count(ENTERED) == 1


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("ignored", [False, True], ids=["", "as under nohup"])
def test_a_terminal_that_goes_ends_it(ignored: bool, folder: Path) -> None:
    """Also where the signal that says so is ignored; and it does not turn round and round meanwhile."""
    with running(folder, ignored=[signal.SIGHUP] if ignored else []) as app:
        used = before = processor_seconds(app.process.pid)
        app.terminal.close()

        def has_ended() -> bool:
            nonlocal used
            with suppress(OSError):
                used = processor_seconds(app.process.pid)
            return app.process.poll() is not None

        wait_until(has_ended, GONE_WITHIN, interval=0.02)
        assert app.process.returncode == 128 + signal.SIGHUP
        assert used - before < 1.5


HANGING = """
import sys, time
from riptui.tui.trajectory.loader import TrajectoryLoader
from riptui.cli import main

def hang(*_):
    time.sleep(3600)

TrajectoryLoader.read_snapshot = hang
sys.exit(main())
"""
"""A file system that hangs: a thread that reads from it never ends, and would be waited for."""


@pytest.mark.parametrize(("how", "code"), [("qq", 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
@pytest.mark.exhaustive
def test_a_file_system_that_hangs_does_not_keep_it(how: str | signal.Signals, code: int, folder: Path) -> None:
    with running(folder, command=[sys.executable, "-c", HANGING, "browse"]) as app:
        time.sleep(1.0)  # until it reads
        app.terminal.type(how) if isinstance(how, str) else app.process.send_signal(how)
        app.require_end(code, GONE_WITHIN)
        app.require_restored()


STUCK = """
import select, sys, time
from textual.drivers import linux_driver

class Stuck(linux_driver.WriterThread):
    def write(self, text):
        looked = select.poll()
        looked.register(0, 0)
        if looked.poll(0):
            time.sleep(3600)
        super().write(text)

linux_driver.WriterThread = Stuck
from riptui.cli import main
sys.exit(main())
"""
"""Where the thread that writes has died of the terminal's end, who writes waits for ever."""


@pytest.mark.exhaustive
def test_a_terminal_that_goes_ends_it_even_where_its_last_words_are_stuck(folder: Path) -> None:
    with running(folder, command=[sys.executable, "-c", STUCK, "browse"]) as app:
        app.terminal.close()
        app.require_end(128 + signal.SIGHUP, GONE_WITHIN)


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
        app.quit_in_order()


async def test_all_of_the_screen_is_drawn_when_the_terminal_is_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else draws a part of it then."""
    drawn: list[object] = []
    async with open_app(folder) as pilot:
        await pilot.wait_for_frame(32)
        monkeypatch.setattr(pilot.app, "_display", lambda screen, update: drawn.append(update))
        pilot.app.app_resume_signal.publish(pilot.app)
        await pilot.wait_until(lambda: any(isinstance(update, LayoutUpdate) for update in drawn), "the whole screen")


@pytest.mark.exhaustive
def test_bytes_that_are_no_text_and_late_answers_change_nothing(folder: Path) -> None:
    with running(folder) as app:
        outside = app.terminal.outside
        for data in (
            b"\x1b[M \xe0!",
            b"c\xe9",
            b"\xff\xfe",
            b"\x1b_Gi=31;OK\x1b\\",
            b"\x1bP>|xterm(390)n\x1b\\",
            b"\x11",
        ):
            os.write(outside, data)  # x e n q among them are keys
        app.terminal.type("?")
        app.terminal.wait_for(b"Keys")
        app.terminal.type("\x1b")
        time.sleep(0.3)  # else it is alt+q
        app.quit_in_order()


def test_a_keyboard_that_cannot_be_read_is_a_crash(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from riptui.tui.terminal_input import InputFilter; from riptui.cli import main\n"
        "def feed(self, data): raise RuntimeError('the keyboard burns')\n"
        "InputFilter.feed = feed\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    with running(folder, command=[sys.executable, "-c", code, "browse"], XDG_STATE_HOME=str(tmp_path)) as app:
        app.terminal.type("j")
        app.require_end(1)
        app.require_restored(quiet=False)
        assert "error: the app crashed: RuntimeError: the keyboard burns" in app.terminal.text


def test_a_crash_is_told_in_two_lines_and_reported_in_a_file(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from riptui.tui.browser import Browser; from riptui.cli import main\n"
        "def action_next_running(self): raise ValueError('it \\x1b[31mbroke')\n"
        "Browser.action_next_running = action_next_running\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    with running(folder, command=[sys.executable, "-c", code, "browse"], XDG_STATE_HOME=str(tmp_path)) as app:
        app.terminal.type("J")
        app.require_end(1)
        app.require_restored(quiet=False)
        said = bytes(app.terminal.written[app.terminal.written.rindex(b"error: ") :]).decode()
    [report] = (tmp_path / "riptui").glob("crash-*.txt")
    assert said.splitlines() == [
        "error: the app crashed: ValueError: it \\x1b[31mbroke",
        f"Nothing is lost: workers keep running, and every finished iteration is saved. Crash report: {report}",
    ]
    assert "in action_next_running" in report.read_text()


# --- terminals and homes


@pytest.mark.parametrize(
    "changes",
    [{"TERM": "linux", "COLORTERM": None}, {"TERM": "xterm-256color", "COLORTERM": None}, {"NO_COLOR": "1"}],
    ids=["linux", "256", "no colour"],
)
def test_on_poorer_terminals_it_works_too(changes: dict[str, Any], folder: Path) -> None:
    with running(folder, **changes) as app:
        app.quit_in_order()
        assert (b"38;2;" in app.terminal.written) == ("NO_COLOR" in changes)  # which Textual answers with greys


def test_a_home_that_cannot_be_written_is_none(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    places: dict[str, Any] = {f"XDG_{name}_HOME": str(tmp_path / "file") for name in ("CONFIG", "STATE", "CACHE")}
    with running(folder, HOME=str(tmp_path / "file"), **places) as app:
        app.quit_in_order()


@pytest.mark.exhaustive
def test_forty_resizes_in_a_second_leave_a_whole_screen(folder: Path) -> None:
    with running(folder) as app:
        for number in range(40):
            app.terminal.resize(40 + 3 * number, 10 + number)
            os.kill(app.process.pid, signal.SIGWINCH)
            time.sleep(0.025)
        here = len(app.terminal.written)
        app.terminal.resize(90, 25)
        app.terminal.wait_for(b"\x1b[25;", after=here)  # its last row
        app.quit_in_order()


# --- what is no terminal


@pytest.mark.parametrize("closed", [False, True], ids=["stdin from a file", "stdin closed"])
def test_without_a_keyboard_it_says_so_in_a_line(closed: bool, folder: Path) -> None:
    with started("browse", folder, preexec_fn=(lambda: os.close(0)) if closed else None) as process:
        outcome = finished(process)
    assert outcome.code == 2
    outcome.require_one_line("the app needs a terminal", "riptui ls")
