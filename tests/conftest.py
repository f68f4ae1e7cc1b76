"""What most tests need: a small picture, and trajectories of it in a temporary runs folder."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the processes that tests start; read when torch is imported

import numpy as np
import odd_inpainters
import pytest

from riptui import client, inpainters
from riptui.arrays import Image
from riptui.engine import compute
from riptui.events import Ended
from riptui.images import pixels_sha256
from riptui.spec import Spec
from riptui.store.creation import create
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.workers import registered

SURROUNDINGS = ("SSH_CONNECTION", "COLUMNS", "LINES")  # of the person's terminal; pytest-xdist sets the last two


def picture(size: int = 256) -> Image:
    """Smooth colours with an edge and some grain: nothing in it is flat, so no inpainter can leave it as it was."""
    y, x = np.mgrid[0:size, 0:size] / size
    smooth = np.stack([x, y, (x + y) / 2], axis=-1) * 200
    smooth[(x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.08] += 40
    grain = np.random.default_rng(7).integers(0, 16, smooth.shape)
    return (smooth + grain).astype(np.uint8)


def make_spec(original: Image, **fields: Any) -> Spec:
    name = fields.get("inpainter", "navier-stokes")
    given = {
        "source_name": "picture.png",
        "source_sha256": "0" * 64,
        "original_sha256": pixels_sha256(original),
        "size": len(original),
        "mask": 64,
        "amount": 100.0,
        "parameters": inpainters.complete(name, {}),
    }
    return Spec(**(given | fields))


def advance(trajectory: Trajectory, iterations: int) -> int:
    """Compute so many, no matter how far saving lags behind, then stop as on Ctrl-C; return how many there are now."""
    asked = itertools.count(1)  # once after each iteration
    *_, ended = compute(trajectory, should_stop=lambda: next(asked) == iterations)
    assert isinstance(ended, Ended)
    return ended.k


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads the settings of the person who runs it, or leaves anything beside them. Gives the config folder."""
    own = tmp_path_factory.mktemp("own")
    for variable, name in (("CONFIG", "config"), ("STATE", "state"), ("CACHE", "cache")):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(own / name))
    for variable in ("RIPTUI_CONFIG", "RIPTUI_RUNS", "RIPTUI_THEME", "RIPTUI_GRAPHICS", *SURROUNDINGS):
        monkeypatch.delenv(variable, raising=False)
    return own / "config"


def pytest_configure() -> None:
    """Hear signals, as in a terminal: what a shell or a CI starts in the background inherits that some are ignored."""
    for number, heard in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)


MakeTrajectory = Callable[..., Trajectory]


@pytest.fixture
def make_trajectory(tmp_path: Path) -> MakeTrajectory:
    """`make_trajectory("group/name", metrics=(...), mask=64, ...)`: 256 px, mask 64, 100 %: 16 iterations."""

    def make(
        place: str = "picture/m64-s0", *, runs: Path = tmp_path / "runs", metrics: tuple[str, ...] = (), **fields: Any
    ) -> Trajectory:
        original = picture(fields.get("size", 256))
        return create(runs, place, make_spec(original, **fields), original, Request(metrics=metrics))

    return make


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runs folder whose workers leave when nothing is left, and do not outlive the test. They know odd inpainters."""
    monkeypatch.setenv("RIPTUI_IDLE", "0")
    monkeypatch.setattr(client, "COMMAND", tuple(odd_inpainters.COMMAND))
    for name, entry in odd_inpainters.ODD.items():
        monkeypatch.setitem(inpainters.REGISTRY, name, entry)
    folder = tmp_path / "runs"
    yield folder
    for worker in registered(folder):
        if worker.alive:
            os.kill(worker.record.pid, signal.SIGKILL)
