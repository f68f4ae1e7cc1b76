"""Fixtures of all tests: none reads the settings of the person who runs it, and each has its own runs folder."""

import os
import re
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the processes that tests start; read when torch is imported

import pytest

from riptui import inpainters
from riptui.inpainters.servers.server_place import auth_variable, url_variable
from riptui.settings.servers import SERVER_NAMES
from riptui.store.creation import create_or_open
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import list_workers
from riptui.supervision import client
from tests.support import odd_inpainters
from tests.support.trajectories import MakeTrajectory, make_spec, picture

EXTRAS = {
    "datasets": "datasets",
    "diffusion": "diffusers",
    "lama": "spandrel",
    "lora": "peft",
    "mat": "spandrel_extra_arches",
    "parquet": "pyarrow",
    "pictures": "pillow_heif",
    "prompts": "compel",
    "ray": "ray",
    "report": "matplotlib",
    "servers": "wsproto",
    "sets": "torch_fidelity",
    "video": "av",
}
"""Each extra of the package that tests need, to a package that comes with it."""
ALL_SLOW = re.compile(r"^pytestmark = .*\bslow\b", re.MULTILINE)
SURROUNDINGS = ("SSH_CONNECTION", "COLUMNS", "LINES")  # of the terminal; pytest-xdist sets the last two
SERVER_VARIABLES = [variable(name) for name in SERVER_NAMES for variable in (url_variable, auth_variable)]


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test its own settings, state, data and cache; return the config folder."""
    own = tmp_path_factory.mktemp("own")
    for variable, name in (("CONFIG", "config"), ("STATE", "state"), ("DATA", "data"), ("CACHE", "cache")):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(own / name))
    names = ("RIPTUI_CONFIG", "RIPTUI_RUNS", "RIPTUI_THEME", "RIPTUI_GRAPHICS", "RIPTUI_LOCKS")
    for variable in (*names, *SURROUNDINGS, *SERVER_VARIABLES):
        monkeypatch.delenv(variable, raising=False)
    return own / "config"


def pytest_configure() -> None:
    """Handle signals as in a terminal: a process that a shell or a CI starts in the background ignores some of them."""
    for number, heard in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m "not slow"` leave out files that are slow as a whole: several of them import torch and diffusers."""
    if config.getoption("markexpr") != "not slow" or collection_path.suffix != ".py":
        return None
    return ALL_SLOW.search(collection_path.read_text()) is not None or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is exhaustive is slow."""
    for item in items:
        if item.get_closest_marker("exhaustive"):
            item.add_marker(pytest.mark.slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `needs(EXTRA)` where that extra is not installed."""
    for marker in item.iter_markers("needs"):
        for extra in marker.args:
            if find_spec(EXTRAS[extra]) is None:
                pytest.skip(f"needs riptui[{extra}]")


@pytest.fixture
def make_trajectory(tmp_path: Path) -> MakeTrajectory:
    """`make_trajectory("group/name", metrics=(...), mask=64, ...)`: 256 px, mask 64, 100 %: 16 iterations."""

    def make(
        place: str = "picture/m64-s0", *, runs: Path = tmp_path / "runs", metrics: tuple[str, ...] = (), **fields: Any
    ) -> Trajectory:
        original = picture(fields.get("size", 256))
        return create_or_open(runs, place, make_spec(original, **fields), original, Request(metrics=metrics))

    return make


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runs folder whose workers exit when idle, are killed with the test, and know the odd inpainters."""
    monkeypatch.setenv("RIPTUI_IDLE", "0")
    monkeypatch.setattr(client, "COMMAND", tuple(odd_inpainters.COMMAND))
    for name, entry in odd_inpainters.ODD.items():
        monkeypatch.setitem(inpainters.REGISTRY, name, entry)
    folder = tmp_path / "runs"
    yield folder
    for worker in list_workers(folder):
        if worker.alive:
            os.kill(worker.record.pid, signal.SIGKILL)
