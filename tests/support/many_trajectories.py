"""Folders of many trajectories that are done, for the price of their small files: their patches are holes."""

import os
import shutil
from pathlib import Path

import msgspec

from riptui.spec import encode_spec
from riptui.store import layout
from riptui.store.trajectory import Trajectory

SMALL = (layout.REQUEST, layout.ROWS, layout.METRICS, layout.SESSIONS, ".lock")
LONG_AGO = 1_700_000_000  # seconds since 1970


def add_copies(model: Trajectory, runs: Path, numbers: range) -> None:
    """Copies of a done trajectory in groups of a hundred, with seeds of their own, last changed long ago."""
    patches = (model.path / layout.PATCHES).stat().st_size
    for number in numbers:
        folder = runs / f"group{number // 100}" / f"m{model.spec.mask}-s{number % 100}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / layout.SPEC).write_bytes(encode_spec(msgspec.structs.replace(model.spec, seed=number)))
        for name in SMALL:
            shutil.copyfile(model.path / name, folder / name)
        with (folder / layout.PATCHES).open("wb") as file:
            file.truncate(patches)
        for path in (*folder.iterdir(), folder):
            os.utime(path, (LONG_AGO, LONG_AGO))
