"""Trajectories with values of one's choosing: folders as riptui writes them, but without a picture or a computation."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riptui import inpainters
from riptui.metrics.values import finite_or_none
from riptui.spec import Spec, encode_spec
from riptui.store import layout
from riptui.store.listing import TrajectorySummary
from riptui.store.records import encode_line
from riptui.store.trajectory import Status, Trajectory

Value = Callable[[float], float]
"""A metric's value at an inpainted %."""


PATCH_BYTES = 7000  # of a made row


def made_spec(image: int = 0, **fields: Any) -> Spec:
    """A spec of the paper's protocol, of the image of that number."""
    sha256 = hashlib.sha256(str(image).encode()).hexdigest()
    name = fields.get("inpainter", "navier-stokes")
    given = {
        "source_name": f"{image}.png",
        "source_sha256": sha256,
        "original_sha256": sha256,
        "parameters": inpainters.spec_parameters(name, {}),
    }
    return Spec(**(given | fields))


def made_summary(
    spec: Spec, metrics: Mapping[str, Value | Sequence[float]], *, until: float = 400.0
) -> TrajectorySummary:
    """A trajectory's summary that never touched a disk, measured every 50 % up to an amount."""
    halves = [k for k in spec.point_iterations() if spec.inpainted(k) <= until]
    columns = {
        name: [value(spec.inpainted(k)) for k in halves] if callable(value) else list(value)
        for name, value in metrics.items()
    }
    measured: dict[int, dict[str, float | None]] = {
        k: {name: finite_or_none(float(column[at])) for name, column in columns.items()} for at, k in enumerate(halves)
    }
    k = halves[-1]
    status = Status.DONE if k == spec.iterations else Status.PAUSED
    place = f"made/{spec.inpainter}-{spec.source_name}-m{spec.mask}-s{spec.seed}"
    return TrajectorySummary(Trajectory(Path(place)), status, spec, k, spec.inpainted(k), 0.0, measured)


def write(folder: Path, spec: Spec, metrics: Mapping[str, Value], *, seconds: float = 0.5) -> Path:
    """A trajectory's folder: its spec, rows and measurements. There are no pictures in it."""
    folder.mkdir(parents=True)
    (folder / layout.SPEC).write_bytes(encode_spec(spec))
    (folder / layout.REQUEST).write_bytes(b'{"state": "run"}')
    (folder / layout.ROWS).write_bytes(b"".join(map(encode_line, made_rows(spec, seconds))))
    (folder / layout.PATCHES).touch()
    os.truncate(folder / layout.PATCHES, PATCH_BYTES * spec.iterations)
    halves = spec.point_iterations()
    measured = [
        {"k": k, **{name: finite_or_none(float(value(spec.inpainted(k)))) for name, value in metrics.items()}}
        for k in halves
    ]
    (folder / layout.METRICS).write_bytes(b"".join(map(encode_line, measured)))
    return folder


def made_rows(spec: Spec, seconds: float) -> Iterable[dict[str, Any]]:
    """Rows whose squares are drawn with replacement, by a generator that is quicker than the true one."""
    cells = np.random.default_rng([spec.seed, spec.mask]).integers(0, spec.cells, spec.iterations).tolist()
    columns, repainted = spec.size // spec.mask, set()
    rows = []
    for k, cell in enumerate(cells, 1):
        repainted.add(cell)
        y, x = divmod(cell, columns)
        rows.append(
            {
                "k": k,
                "box": [x * spec.mask, y * spec.mask, spec.mask, spec.mask],
                "inpainted": spec.inpainted(k),
                "coverage": 100 * len(repainted) / spec.cells,
                "patch": [PATCH_BYTES * (k - 1), PATCH_BYTES],
                "sha256": spec.original_sha256,
                "noise_seed": 1234567890123456,
                "seconds": seconds,
                "session": 1,
            }
        )
    return rows
