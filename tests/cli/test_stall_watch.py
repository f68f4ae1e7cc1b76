"""A command on a file system that does not answer says so."""

import os
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from riptui.cli import stall_watch
from riptui.cli.stall_watch import end_stall_watch, list_places


@pytest.fixture
def stalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A path on a file system that does not answer."""
    far, stat = str(tmp_path / "far"), Path.stat

    def wait(path: Path, **given: Any) -> os.stat_result:
        if str(path) == far:
            Event().wait(1)
        return stat(path, **given)

    monkeypatch.setattr(Path, "stat", wait)
    monkeypatch.setattr(stall_watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(stall_watch, "PATIENCE_SECONDS", 0.2)
    return far


def watch(argv: list[str], capsys: pytest.CaptureFixture[str], *, to_the_app: bool = False) -> str:
    """What is said while a command takes a second."""
    with stall_watch.watch_for_stalls(argv):
        if to_the_app:
            end_stall_watch()
        time.sleep(0.8)
    return capsys.readouterr().err


@pytest.mark.slow
def test_a_command_that_waits_for_a_file_system_says_so_once(stalled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(["ls", stalled], capsys) == (
        f"{stalled}: the file system has not answered for 0 s, and riptui waits for it. "
        f"If Ctrl-C does not end it: kill -9 {os.getpid()}\n"
    )


@pytest.mark.slow
def test_nothing_is_said_of_others_or_into_the_app_s_screen(stalled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(["ls", "elsewhere"], capsys) == ""
    assert watch([stalled], capsys, to_the_app=True) == ""


def test_every_word_that_may_be_a_path_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_RUNS", "/data/runs")
    argv = ["run", "cat.jpg", "--runs=/a", "--group", "g", "-d", "--mask", "64", ""]
    assert list(list_places(argv)) == ["run", "cat.jpg", "/a", "g", "64", ".", "/data/runs"]
