"""The user's own files on a dead mount, or with a fifo in their place: nothing waits for them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from riptui import filesystem
from riptui.settings import load_settings, paths, state

SLOW_ANSWER = """
import time
from riptui.filesystem import run_within
def answer():
    print("asked", flush=True)
    for _ in range(20):
        time.sleep(0.01)
    return "answered"
print(run_within(0.5, answer))
"""
"""An answer that takes 0.2 s, and may take 0.5."""


def make_fifo(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)
    return file


def stall(file: Path, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Let opening a file wait, until the event is set."""
    answered, opened = Event(), os.open

    def wait(path: Any, *given: Any, **named: Any) -> int:
        if str(path) == str(file):
            answered.wait(60)
        return opened(path, *given, **named)

    monkeypatch.setattr(filesystem.os, "open", wait)
    for module in (filesystem, state):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    return answered


def test_a_fifo_as_settings_is_a_problem_and_not_a_wait() -> None:
    file = make_fifo(paths.settings_file())
    assert load_settings().problems == (f"{file} cannot be read: it is not a regular file",)


def test_settings_on_a_dead_mount_are_a_problem_and_not_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    file = paths.settings_file()
    answered = stall(file, monkeypatch)
    try:
        assert load_settings().problems == (f"{file} cannot be read: the disk does not answer",)
    finally:
        answered.set()


@pytest.mark.slow
def test_while_the_process_is_suspended_the_disk_need_not_answer() -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW_ANSWER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.7)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.read() == "answered\n"


def test_a_fifo_as_state_is_left_alone() -> None:
    file = make_fifo(paths.state_file())
    state.remember("key", 1)
    assert state.recall("key", int) is None
    assert file.is_fifo()


def test_state_on_a_dead_mount_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = stall(paths.state_file(), monkeypatch)
    try:
        assert state.recall("key", int) is None
        started = time.monotonic()
        for number in range(100):
            state.remember("key", number)
            assert state.recall("key", int) is None
        assert time.monotonic() - started < 100 * state.ANSWER_SECONDS
    finally:
        answered.set()


def test_a_fifo_as_log_or_weights_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    fifo = make_fifo(tmp_path / "f")
    for opened in (filesystem.open_own_log, filesystem.open_regular):
        with pytest.raises(OSError, match=r"not a regular file|No such device"):
            opened(fifo)
    assert filesystem.open_own_log(tmp_path / "new" / "log").close() is None
