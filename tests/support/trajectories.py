"""A small picture, its spec, and a trajectory computed up to an exact iteration: what most tests start from."""

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from riptui import inpainters
from riptui.arrays import Image
from riptui.events import Ended
from riptui.images import pixels_sha256
from riptui.spec import Spec
from riptui.store.layout import ROWS, SESSIONS
from riptui.store.records import IterationRow, Session, encode_line, parse_lines
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory

MakeTrajectory = Callable[..., Trajectory]
"""The fixture `make_trajectory`."""


def picture(size: int = 256) -> Image:
    """A picture of smooth colours with an edge and some grain: nothing is flat, so every inpainter changes it."""
    y, x = np.mgrid[0:size, 0:size] / size
    smooth = np.stack([x, y, (x + y) / 2], axis=-1) * 200
    smooth[(x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.08] += 40
    grain = np.random.default_rng(7).integers(0, 16, smooth.shape)
    return (smooth + grain).astype(np.uint8)


def make_spec(original: Image, **fields: Any) -> Spec:
    name = fields.get("inpainter", "navier-stokes")
    given: dict[str, Any] = {
        "source_name": "picture.png",
        "source_sha256": "0" * 64,
        "original_sha256": pixels_sha256(original),
        "size": len(original),
        "mask": 64,
        "amount": 100.0,
        "parameters": inpainters.spec_parameters(name, {}),
    }
    return Spec(**(given | fields))


def advance(trajectory: Trajectory, iterations: int) -> int:
    """Compute this many iterations, then stop as on Ctrl-C; return the number of committed ones."""
    asked = itertools.count(1)  # once after each iteration
    *_, ended = run_trajectory(trajectory, should_stop=lambda: next(asked) == iterations)
    assert isinstance(ended, Ended)
    return ended.k


def set_iteration_seconds(
    trajectory: Trajectory, seconds: float, *, device: str = "cpu (x86_64)", batch: int = 1, only: int = 0
) -> None:
    """Let all iterations of a trajectory have taken so long; or only this one."""
    rows = parse_lines((trajectory.path / ROWS).read_bytes(), IterationRow)
    sessions = parse_lines((trajectory.path / SESSIONS).read_bytes(), Session)
    (trajectory.path / ROWS).write_bytes(
        b"".join(
            encode_line(msgspec.structs.replace(row, seconds=seconds) if only in (0, row.k) else row) for row in rows
        )
    )
    (trajectory.path / SESSIONS).write_bytes(
        b"".join(encode_line(msgspec.structs.replace(session, device=device)) for session in sessions)
    )
