"""A computed trajectory, and a folder to export to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from riptui.store.trajectory import Trajectory
from tests.support.exported import Computed
from tests.support.running import run_trajectory
from tests.support.trajectories import advance


@pytest.fixture
def computed(make_trajectory: Callable[..., Trajectory]) -> Computed:
    """`computed(until=5, mask=64, ...)`: as `make_trajectory`, and computed up to an iteration or to its end."""

    def make(place: str = "picture/m64-s0", *, until: int | None = None, **fields: Any) -> Trajectory:
        trajectory: Trajectory = make_trajectory(place, **fields)
        if until is None:
            list(run_trajectory(trajectory))
        elif until:
            advance(trajectory, until)
        return trajectory

    return make


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder to export to."""
    path = tmp_path / "out"
    path.mkdir()
    return path
