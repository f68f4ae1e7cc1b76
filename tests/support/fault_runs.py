"""Runs that are disturbed, and checks of what must hold afterwards.

Always: a clear line, the right exit code, every committed iteration is still there, and once the cause is removed the
trajectory is completed with the same bytes as an undisturbed one.
"""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from riptui import inpainters
from riptui.inpainters import baselines
from riptui.store import layout
from riptui.store.trajectory import Trajectory
from tests.support.command import riptui, started
from tests.support.faulty_disk import contents
from tests.support.trajectories import picture

OPTIONS = ["--size", "256", "--mask", "64", "--amount", "200", "-i", "noise", "--metrics", "psnr,psnr@previous"]
"""32 iterations of 12 kB; keyframes and measurements at 8, 16, 24 and 32."""
PLACE = "p/m64-s0-noise-a200-256px"
ITERATIONS = 32

EVERY = [*OPTIONS, "--measure", "every"]
LONGER = [*OPTIONS[:2], "--mask", "32", "--amount", "300", *OPTIONS[6:], "--display", "json"]
"""192 iterations, each reported in 150 bytes: more than fits in a pipe that nobody reads."""
LONGER_PLACE = "p/m32-s0-noise-a300-256px"

FULL = "the disk is full: free some space"
NOBODY = 65534


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # for the runs in this process: nothing here loses power
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    draw(tmp_path / "p.png")


def draw(path: Path) -> Path:
    PIL.Image.fromarray(picture()).save(path)
    return path


Contents = dict[str, object]


@pytest.fixture(scope="session")
def ending(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The contents of an undisturbed run's folder."""
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), OPTIONS, PLACE)


@pytest.fixture(scope="session")
def longer_ending(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return undisturbed(tmp_path_factory.mktemp("longer"), LONGER, LONGER_PLACE)


@pytest.fixture(scope="session")
def every_ending(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return undisturbed(tmp_path_factory.mktemp("every"), EVERY, PLACE)


def undisturbed(folder: Path, options: list[str], place: str) -> Contents:
    os.environ["RIPTUI_OFFLINE"] = "1"
    assert riptui("run", draw(folder / "p.png"), *options, "--runs", folder / "runs").code == 0
    return contents(Trajectory(folder / "runs" / place))


def require_ending(ending: Contents, runs: Path = Path("runs"), place: str = PLACE) -> None:
    """Fail unless the trajectory is done, equals an undisturbed one but for its log, and no leftovers are beside it."""
    trajectory = Trajectory(runs / place)
    assert trajectory.read_status() == "done"
    held = contents(trajectory)
    held.pop(layout.LOG, None)
    assert held == ending
    assert not list(runs.rglob(f"{layout.NEW_PREFIX}*"))
    assert not list(runs.rglob(".tmp-*"))


def computed(out: str) -> list[int]:
    """The iterations that a run reported as committed."""
    events = [json.loads(line) for line in out.splitlines()]
    return [event["k"] for event in events if event["event"] == "iterated"]


def require_committed(out: str, trajectory: Trajectory) -> int:
    """Fail unless every reported iteration is on disk; return the number of iterations there."""
    told, there = computed(out), len(trajectory.read_rows())
    assert told == list(range(1, len(told) + 1))
    assert there >= len(told)
    assert riptui("check", trajectory.path).code == 0
    return there


Act = Callable[[], object]
AtIteration = Callable[..., None]


@pytest.fixture
def at_iteration(monkeypatch: pytest.MonkeyPatch) -> AtIteration:
    """`at_iteration(k, act)`: while the inpainter noise works on iteration k, `act` is called, once.

    With `returns` that is what the inpainter returns then.
    """

    def install(k: int, act: Act = lambda: None, **instead: Any) -> None:
        calls, real = itertools.count(1), baselines.noise

        def noise() -> inpainters.Inpainter:
            inpaint = real()

            def acting(*given: Any, **named: Any) -> Any:
                due = next(calls) == k
                if due:
                    act()
                return instead["returns"] if due and instead else inpaint(*given, **named)

            return acting

        monkeypatch.setattr(baselines, "noise", noise)

    return install


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Path]:
    """A file system of 4 MB, in memory."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", folder]
        if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("no right to mount a tmpfs")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def disk(small_disk: Path) -> Iterator[Path]:
    yield small_disk
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    for path in small_disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def another_user(runs: Path) -> Iterator[str]:
    """Become the user `nobody` for the context, because root may do anything."""
    os.seteuid(NOBODY)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CONFIG_HOME", "/nonexistent")  # not root's, which nobody else may read
            yield "permission denied"
    finally:
        os.seteuid(0)


@contextmanager
def under_way(*options: str, **given: Any) -> Iterator[subprocess.Popen[str]]:
    """The longer run in its own process, after its third iteration and unable to end: its pipe is full."""
    with started("run", "p.png", *LONGER, *options, pipesize=4096, **given) as process:
        told: list[str] = []
        while len(told) < 8:
            told.append(process.stdout.readline())
            assert told[-1], process.communicate()
        yield process
