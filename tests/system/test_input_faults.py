"""What bad source images, and somebody else's inpainters and metrics, can do to a run."""

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from riptui.metrics import meter
from riptui.store import layout
from riptui.store.trajectory import Trajectory
from tests.support.command import require_harmless, riptui
from tests.support.fault_runs import (
    EVERY,
    OPTIONS,
    PLACE,
    AtIteration,
    Contents,
    another_user,
    at_home,
    at_iteration,
    disk,
    draw,
    ending,
    every_ending,
    require_ending,
    small_disk,
)

__all__ = ["at_home", "at_iteration", "disk", "ending", "every_ending", "small_disk"]


# --- source images


def cut_png(path: Path) -> None:
    draw(path)
    os.truncate(path, path.stat().st_size // 2)


BAD_SOURCES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "does not exist"),
    "a folder": (Path.mkdir, "no picture in this folder"),
    "a pipe": (os.mkfifo, "is a pipe"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "a broken link": (lambda path: path.symlink_to("nowhere"), "does not exist"),
    "a link to itself": (lambda path: path.symlink_to(path), "cannot be read"),
    "empty": (Path.touch, "empty"),
    "text": (lambda path: path.write_text("not a picture\n" * 100), "text, not a picture"),
    "cut short": (cut_png, "truncated"),
}


@pytest.mark.parametrize("kind", BAD_SOURCES)
def test_a_source_that_is_no_picture_is_refused_in_one_line_and_nothing_is_made(kind: str) -> None:
    make, words = BAD_SOURCES[kind]
    make(Path("bad.png"))
    outcome = riptui("run", "bad.png", *OPTIONS)
    assert outcome.code == 2
    outcome.require_one_line("bad.png", words)
    assert not Path("runs").exists()


def test_all_bad_sources_are_named_a_line_each_and_nothing_is_made() -> None:
    for number, (make, _) in enumerate(BAD_SOURCES.values()):
        make(Path(f"bad{number}.png"))
    bad = [f"bad{number}.png" for number in range(len(BAD_SOURCES))]
    outcome = riptui("run", "p.png", *bad, *OPTIONS)
    assert outcome.code == 2
    assert outcome.out == ""
    assert [line.split(":")[1].strip() for line in outcome.err.splitlines()] == bad
    assert not Path("runs").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_source_that_may_not_be_read_is_refused(disk: Path) -> None:
    draw(disk / "p.png").chmod(0o600)
    with another_user(disk):
        outcome = riptui("run", disk / "p.png", *OPTIONS, "--runs", disk / "runs")
    assert outcome.code == 2
    outcome.require_one_line("Permission denied", "check the path and its permissions")


# --- inpainters and metrics that fail

ERRORS = [
    RuntimeError("two\nlines \x1b[2J"),
    MemoryError(),
    ZeroDivisionError("division by zero"),
    OSError(28, "ENOSPC"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_inpainter_that_raises_fails_its_trajectory_and_no_other(
    error: Exception, at_iteration: AtIteration, ending: Contents
) -> None:
    def fail() -> None:
        raise error

    at_iteration(12, fail)
    outcome = riptui("run", "p.png", *OPTIONS, "--seed", "0,1", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("noise failed at iteration 12", type(error).__name__)
    require_harmless(outcome)
    require_failed(PLACE, k=12)
    assert Trajectory(Path("runs", PLACE.replace("s0", "s1"))).read_status() == "done"
    assert riptui("run", "p.png", *OPTIONS, "--seed", "0,1", "--runs", "runs").code == 0
    require_ending(ending)


def require_failed(place: str, *, k: int) -> None:
    """It is recorded and shown."""
    folder = Path("runs", place)
    trajectory = Trajectory(folder)
    assert trajectory.read_status() == "failed"
    assert trajectory.failure is not None
    assert trajectory.failure.k == k
    assert "Traceback" in trajectory.failure.traceback
    assert "Traceback" in (folder / layout.LOG).read_text()
    assert len(trajectory.read_rows()) == k - 1
    assert f"✗ {place}" in riptui("ls", "runs").out
    shown = riptui("show", folder)
    assert f"failed at iteration {k}" in shown.out
    assert "riptui logs" in shown.out
    require_harmless(shown)
    assert json.loads(riptui("show", folder, "--json").out)["failure"]["k"] == k


RETURNED = {
    "nothing": [],
    "a number": 1,
    "too few rows": np.zeros((1, 255, 256, 3), np.uint8),
    "no batch": np.zeros((256, 256, 3), np.uint8),
    "grey": np.zeros((1, 256, 256), np.uint8),
    "fractions": np.zeros((1, 256, 256, 3), np.float32),
    "too many": np.zeros((2, 256, 256, 3), np.uint8),
}


@pytest.mark.parametrize("returned", RETURNED.values(), ids=RETURNED)
def test_an_inpainter_that_returns_no_picture_fails_its_trajectory(
    returned: Any, at_iteration: AtIteration, ending: Contents
) -> None:
    at_iteration(12, returns=returned)
    outcome = riptui("run", "p.png", *OPTIONS, "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("the inpainter returned", "it must return uint8 (1, 256, 256, 3)")
    require_failed(PLACE, k=12)
    assert riptui("resume", "runs").code == 0
    assert not Path("runs", PLACE, layout.FAILED).exists()
    require_ending(ending)


class Failing:
    """Metrics that fail, all together, at one call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self._calls, self._at, self._real = itertools.count(1), at, meter.load
        monkeypatch.setattr(meter, "load", self.load)

    def load(self, name: str, device: str) -> Any:
        real = self._real(name, device)

        def measure(prepared: Any, frames: Any) -> Any:
            if next(self._calls) == self._at:
                raise RuntimeError("CUDA error:\nout of memory")
            return real.measure(prepared, frames)

        return SimpleNamespace(prepare=real.prepare, measure=measure)


@pytest.mark.parametrize("at", [1, 2, 3, 12, 21])
def test_a_metric_that_raises_fails_its_trajectory_and_leaves_no_wrong_value(
    at: int, every_ending: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(monkeypatch, at)
    outcome = riptui("run", "p.png", *EVERY, "--seed", "0,1", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line(PLACE, "failed: RuntimeError: CUDA error:\\nout of memory")
    assert Trajectory(Path("runs", PLACE)).read_status() == "failed"
    assert "Traceback" in Path("runs", PLACE, layout.LOG).read_text()
    assert riptui("check", "runs").code == 0
    assert Trajectory(Path("runs", PLACE.replace("s0", "s1"))).read_status() == "done"
    assert riptui("run", "p.png", *EVERY).code == 0
    require_ending(every_ending)


def test_a_metric_that_raises_ends_riptui_measure_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert riptui("run", "p.png", *OPTIONS, "--seed", "0,1").code == 0
    Failing(monkeypatch, 3)
    outcome = riptui("measure", "runs", "--metrics", "entropy", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("entropy failed: RuntimeError")
    measured = [Trajectory(path.parent).read_metrics() for path in sorted(Path("runs").rglob(layout.SPEC))]
    assert [sum("entropy" in values for values in metrics.values()) for metrics in measured] == [2, 5]
    assert riptui("measure", "runs", "--metrics", "entropy").code == 0
    for path in Path("runs").rglob(layout.SPEC):
        assert all("entropy" in values for values in Trajectory(path.parent).read_metrics().values())
