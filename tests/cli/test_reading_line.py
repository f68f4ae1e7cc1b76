"""The line that tells how far a long reading is."""

import sys

import pytest

from riptui.cli import reading_line
from riptui.cli.reading_line import ReadingLine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Its last number is the time."""
    times = [0.0]
    monkeypatch.setattr(reading_line.time, "monotonic", lambda: times[-1])
    return times


def read(line: ReadingLine, clock: list[float], seconds: float, share: float) -> None:
    clock.append(seconds)
    line("folder", lambda _: share)


def test_a_long_reading_tells_how_far_it_is_and_leaves_nothing(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with ReadingLine() as line:
        read(line, clock, 0.5, 0.4)
        read(line, clock, 2.0, 0.5)
        read(line, clock, 2.1, 0.55)
        read(line, clock, 12.0, 0.75)
        shown = capsys.readouterr().err
    assert shown.split("\r") == [
        "",
        "read 2 trajectories for the index, 50%\x1b[K",
        "read 4 trajectories for the index, 75%, 10 s left\x1b[K",  # what was known before took no time
    ]
    assert capsys.readouterr().err == "\r\x1b[K"


@pytest.mark.parametrize("has_terminal", [True, False])
def test_a_short_reading_and_one_without_a_terminal_say_nothing(
    has_terminal: bool, clock: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: has_terminal)
    with ReadingLine() as line:
        read(line, clock, 0.5 if has_terminal else 100.0, 0.5)
    assert capsys.readouterr().err == ""
