"""A runs folder for tests of the app, the same every time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.creation import create_or_open
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import advance, make_spec, picture

FIRST = "fig7/cat/m64-s0"
"""The trajectory that is shown at the start."""
FAILURE = b'{"when": "2026-01-01T00:00:00Z", "k": 3, "error": "it broke", "traceback": "Traceback: here"}'


def make_runs(runs: Path) -> None:
    """Three done trajectories, one failed, one paused, two queued; of one picture, 256 px."""
    for path, fields in ((FIRST, {}), ("fig7/cat/m64-s1", {"seed": 1}), ("fig7/cat/m128-s0", {"mask": 128})):
        list(run_trajectory(queue_trajectory(runs, path, metrics=("ssim", "psnr"), amount=200.0, **fields)))
    advance(queue_trajectory(runs, "fig7/dog/m64-s0"), 2)
    (runs / "fig7/dog/m64-s0" / layout.FAILED).write_bytes(FAILURE)
    paused = queue_trajectory(runs, "night/m64-s0")
    advance(paused, 10)
    set_request(paused, Request(state="pause"))
    for seed in (1, 2):
        queue_trajectory(runs, f"night/m64-s{seed}", seed=seed)


def queue_trajectory(runs: Path, path: str, *, metrics: tuple[str, ...] = (), **fields: Any) -> Trajectory:
    """A trajectory of the usual picture, queued."""
    original = picture()
    spec = make_spec(original, **fields)
    return create_or_open(runs, path, spec, original, Request(metrics=metrics, queued=float(spec.seed)))


@contextmanager
def running(runs: Path, path: str) -> Iterator[None]:
    """Hold the claim of a trajectory, so that its status is running."""
    with claim(Trajectory(runs / path)):
        os.utime(runs / path)  # a true claim counts the attempt in a file
        yield
