"""Harmful texts, a trajectory to be damaged, and commands to run on them, into a pipe and on a terminal.

An exception that leaves `main` would be a traceback, and fails the test that meets it.
"""

import os
import shutil
import signal
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from riptui.cli import exit_codes
from riptui.store.creation import create_or_open
from riptui.store.frames import read_frames
from riptui.store.records import Request
from tests.support.command import require_harmless, riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import advance, make_spec, picture

CLIPBOARD = "\x1b]52;c;ZXZpbA==\x07"
"""Writes to the clipboard of many terminals."""
EVIL = f"{CLIPBOARD}\x1b[2J\x1b[31m\x9b2J\r\t\n\x08\x7f\x85\u202egnp\u2066\u200b\ufeff\u2028[/red][bold]%s{{}}{{0}}\\"
"""All of it: escape sequences of 7 and 8 bits, control, bidi and invisible characters, Rich markup, formats."""

LONG = "x" * 300
HANG = 30  # seconds

ITERATIONS, COMPUTED = 8, 4
FIELDS: dict[str, Any] = {"mask": 128, "amount": 200.0, "inpainter": "noise"}
"""Eight iterations; keyframes and measurements at 2, 4, 6 and 8."""


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        pytest.fail(f"it hung for {HANG} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(HANG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # a third of the time, and nothing here loses power
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "weights"))
    monkeypatch.setattr(exit_codes, "explain_os_error", unexplained)


def unexplained(error: OSError) -> str:
    """Fail: the code that reads and writes explains its errors itself; this one reached `main` unexplained."""
    raise error


@pytest.fixture(scope="session")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with the trajectory `g/t`, stopped half-way."""
    runs = tmp_path_factory.mktemp("half") / "runs"
    original, request = picture(), Request(metrics=("psnr",))
    trajectory = create_or_open(runs, "g/t", make_spec(original, **FIELDS), original, request)
    assert advance(trajectory, COMPUTED) == COMPUTED
    return runs


@pytest.fixture(scope="session")
def right_frames(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Every frame that the trajectory can show."""
    runs, original = tmp_path_factory.mktemp("done"), picture()
    trajectory = create_or_open(runs, "g/t", make_spec(original, **FIELDS), original, Request())
    list(run_trajectory(trajectory))
    return [image for _, image in read_frames(trajectory, range(ITERATIONS + 1))]


@pytest.fixture
def folder(half_done: Path, tmp_path: Path) -> Path:
    """The half-done trajectory's folder, to be damaged: runs/g/t below the current folder."""
    shutil.copytree(half_done, tmp_path / "runs")
    return tmp_path / "runs" / "g" / "t"


def short(text: str) -> str:
    return ascii(text)[:40]


def tree(folder: Path) -> dict[str, object]:
    """All that is in a folder: names, kinds, links, content, and when it was changed."""
    found: dict[str, object] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = (
            path.read_bytes()
            if stat.S_ISREG(status.st_mode)
            else os.fspath(path.readlink())
            if path.is_symlink()
            else ""
        )
        found[os.fspath(path.relative_to(folder))] = (status.st_mode, status.st_nlink, status.st_mtime_ns, content)
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def draw(path: Path, shade: int = 0) -> Path:
    """A picture of 256 px in a file of that name."""
    PIL.Image.fromarray(picture() // 2 + shade).save(path, "PNG")
    return path


SOME = [
    (["ls", "runs"], False),
    (["show", "runs/g/t"], False),
    (["show", "runs/g/t", "--picture"], True),
    (["show", "runs/g/t", "--json"], False),
    (["check", "runs"], False),
    (["export", "runs/g/t", "--frames", "frames"], False),
    (["measure", "runs", "--metrics", "entropy", "--display", "json"], False),
    (["resume", "runs", "--display", "plain"], False),
    (["check", "runs", "--repair"], False),
]
"""Commands, and whether they are run on a terminal."""

EVERYTHING = [
    (["ls", "runs"], True),
    (["ls", "runs", "--json"], False),
    (["check", "runs"], True),
    (["check", "runs", "--json"], False),
    (["export", "runs/g/t", "--csv", "a.csv"], False),
    (["export", "runs/g/t", "--strip", "a.png"], True),
    *SOME,
    (["resume", "runs", "--display", "rich"], True),
    (["measure", "runs", "--metrics", "psnr,entropy", "--display", "rich"], True),
]


def require_all_harmless(commands: Sequence[tuple[list[str], bool]] = SOME) -> None:
    for argv, terminal in commands:
        outcome = riptui(*argv, terminal=terminal)
        require_harmless(outcome, terminal=terminal)
        assert outcome.code in (0, 1, 2), argv
        assert outcome.out or outcome.err
