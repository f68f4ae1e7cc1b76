"""Checks of a study's trajectories: are they complete, and was none computed twice?"""

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from riptui import inpainters
from riptui.store import layout
from riptui.store.listing import find_trajectories, read_last_row
from riptui.store.trajectory import Status, Trajectory
from riptui.testing import doubles
from tests.support.command import riptui
from tests.support.faulty_disk import contents
from tests.support.odd_inpainters import ODD
from tests.support.trajectories import picture


def save_pictures(folder: Path) -> None:
    """The two pictures of the studies."""
    for number, name in enumerate(("a", "b")):
        Image.fromarray(picture() ^ np.uint8(number)).save(folder / f"{name}.png")


def undisturbed(folder: Path, seconds: float) -> Path:
    """The runs folder of two pictures, two mask sizes and two seeds, with the slow inpainter in this process.

    It takes no time here, whatever `seconds` says; those are part of the spec.
    """
    save_pictures(folder)
    sizes = ["--mask", "64,128", "--seed", "0-1", "--amount", "100", "--size", "256", "--metrics", "psnr"]
    place: list[str | Path] = ["--runs", folder / "runs", "--group", "small", "--display", "none"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(inpainters.REGISTRY, "slow", replace(ODD["slow"], runs_in_worker=False))
        patched.setattr(doubles, "time", SimpleNamespace(sleep=lambda seconds: None))
        words = ["-i", "slow", "--set", f"seconds={seconds}"]
        assert riptui("run", *sorted(folder.glob("*.png")), *words, *sizes, *place).code == 0
    return folder / "runs"


def all_of(runs: Path) -> dict[str, Trajectory]:
    """All trajectories by their path in the runs folder."""
    root = Path(os.path.realpath(runs))
    return {str(one.path.relative_to(root)): one for one in find_trajectories(root)} if root.exists() else {}


def rows(runs: Path) -> int:
    """The number of committed iterations. Cheap, because tests poll it."""
    last = (read_last_row(f"{one.path}/{layout.ROWS}") for one in all_of(runs).values())
    return sum(row.k for row in last if row)


def require_whole(runs: Path, reference: Path) -> None:
    """Fail unless all trajectories are done and equal to the byte what an undisturbed run gives."""
    expected = all_of(reference)
    found = all_of(runs)
    assert found.keys() == expected.keys()
    for place, trajectory in found.items():
        assert trajectory.read_status() == Status.DONE
        held = contents(trajectory) | {".lock": b""}  # a process killed after its last row leaves its name there,
        held.pop(layout.ATTEMPTS, None)  # and its attempt
        assert held == contents(expected[place])


def require_once(runs: Path, *, deaths: int) -> None:
    """Fail unless rows are 1, 2, 3 ... and only trajectories of a process that died were begun a second time."""
    sessions = 0
    for trajectory in all_of(runs).values():
        assert [row.k for row in trajectory.read_rows()] == list(range(1, trajectory.spec.iterations + 1))
        sessions += len({row.session for row in trajectory.read_rows()})
    assert sessions <= len(all_of(runs)) + deaths
