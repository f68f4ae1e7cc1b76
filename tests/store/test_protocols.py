"""Trajectories that are not the paper's: saved, read in any order, verified and resumed as exactly as those."""

import random
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.arrays import Image
from riptui.errors import DamagedError
from riptui.masks import draw_given_masks, draw_region
from riptui.metrics import check_names
from riptui.recursion import recurse
from riptui.spec import GIVEN_ORDERS
from riptui.store.frame_reader import FrameReader
from riptui.store.frames import read_frames, read_original, read_patches
from riptui.store.trajectory import Trajectory
from riptui.store.verify import inspect_folder
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance, make_spec, picture

README = (Path(__file__).parents[2] / "README.md").read_text()
OFFSET = {"order": "offset"}
MASKS = ("100,200,724", "0,32,992", "300,1,10,1,712", "992,32")
PROTOCOLS: dict[str, dict[str, Any]] = {
    "offset": OFFSET,
    "offset, no paste": OFFSET | {"paste": False},
    "onto the original": {"onto": "original"},
    "anchors": {"anchor": 3, "order": "raster"},
    "anchors without paste, on shifted grids": {"anchor": 3, "order": "offset", "paste": False},
    "matched and feathered": {"match": "border", "feather": 9, "order": "offset", "inpainter": "telea"},
    "irregular masks": {"order": "lama-medium", "amount": 250.0, "feather": 4},
    "masks of a folder in turn": {"order": "cycle", "amount": 120.0, "anchor": 2},
    "drawn ones": {"order": "draw", "amount": 120.0, "onto": "original", "squares": "shared"},
    "a schedule": {"inpainter": "telea", "schedule": "radius=2..9"},
    "anchors of a whole image": {"mask": 256, "amount": 400.0, "anchor": 2},
}


@pytest.fixture(params=PROTOCOLS)
def trajectory(request: pytest.FixtureRequest, make_trajectory: MakeTrajectory) -> Trajectory:
    """A trajectory by one of the protocols."""
    fields = {"inpainter": "noise", "seed": 5} | PROTOCOLS[request.param]
    if fields.get("order", "") in GIVEN_ORDERS:
        whole = make_spec(picture(), **fields, masks=(f"0,{32 * 32}",))
        fields["masks"] = draw_given_masks(whole, MASKS)
    return make_trajectory(**fields)


def read_as_a_stranger(trajectory: Trajectory, k: int) -> Image:
    """By the README's Python."""
    [code] = re.findall(r"^<!-- test: read -->\n```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return np.asarray(names["frame"](trajectory.path, k))


@pytest.mark.exhaustive
def test_what_is_saved_is_what_was_computed_whoever_reads_it(trajectory: Trajectory) -> None:
    list(run_trajectory(trajectory))
    spec = trajectory.spec
    computed = list(recurse(read_original(trajectory), spec))
    rows = trajectory.read_rows()
    assert [(row.box, row.coverage, row.inpainted, row.anchor or None) for row in rows] == [
        (one.box, one.coverage, one.inpainted, one.anchor) for one in computed
    ]
    expected = [read_original(trajectory), *(one.frame for one in computed)]
    numbers = list(range(spec.iterations + 1))
    assert all(np.array_equal(frame, expected[k]) for k, frame in read_frames(trajectory, numbers))
    assert all(np.array_equal(read_as_a_stranger(trajectory, k), expected[k]) for k in (0, 1, 3, spec.iterations))
    random.Random(1).shuffle(numbers)
    reader = FrameReader(trajectory)
    reader.refresh()
    assert all(np.array_equal(reader.frame(k), expected[k]) for k in numbers)
    inspection = inspect_folder(trajectory)
    assert not inspection.damage
    assert inspection.walk.done


@pytest.mark.slow
def test_it_resumes_with_the_same_bytes(trajectory: Trajectory, tmp_path: Path) -> None:
    other = Trajectory(Path(shutil.copytree(trajectory.path, tmp_path / "other")))
    list(run_trajectory(trajectory))
    advance(other, 2)
    list(run_trajectory(other))
    assert (other.path / "patches.bin").read_bytes() == (trajectory.path / "patches.bin").read_bytes()
    assert [row.sha256 for row in other.read_rows()] == [row.sha256 for row in trajectory.read_rows()]


def test_a_patch_of_any_shape_has_its_mask_as_alpha_and_nothing_outside(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="noise", seed=5, **OFFSET)
    list(run_trajectory(trajectory))
    rows = trajectory.read_rows()
    patches = list(read_patches(trajectory, rows))
    regions = [draw_region(trajectory.spec, row.k) for row in rows]
    assert [patch.is_of(row, region) for patch, row, region in zip(patches, rows, regions, strict=True)] == [True] * 16
    cut = [patch for patch in patches if patch.mask is not None]
    assert 0 < len(cut) < 16
    assert all(patch.mask is not None and patch.mask.sum() == 64 * 64 for patch in cut)
    assert not any(patch.pixels[~patch.mask].any() for patch in cut if patch.mask is not None)


def test_damage_of_a_masked_patch_is_found(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="noise", seed=5, **OFFSET)
    list(run_trajectory(trajectory))
    row = next(row for row in trajectory.read_rows() if row.box.width > 64)
    data = bytearray((trajectory.path / "patches.bin").read_bytes())
    data[row.patch[0] + row.patch[1] // 2] ^= 1
    (trajectory.path / "patches.bin").write_bytes(data)
    assert "patch is damaged" in inspect_folder(trajectory).damage[0]
    for k in range(1, trajectory.spec.iterations + 1):
        (trajectory.path / "keyframes" / f"{k}.png").unlink(missing_ok=True)
    with pytest.raises(DamagedError):
        list(read_frames(trajectory, [row.k]))


@pytest.mark.slow
def test_metrics_of_an_iteration_are_those_of_its_mask(make_trajectory: MakeTrajectory) -> None:
    names = check_names(("seam", "seam-delta-e", "delta-e@repaints"))
    trajectory = make_trajectory(inpainter="noise", seed=5, metrics=names, **OFFSET)
    list(run_trajectory(trajectory))
    values = trajectory.read_metrics()
    assert values[8]["seam"] > 0 < values[16]["seam"]
    repaints = trajectory.read_repaints(trajectory.read_rows())["delta-e"]
    assert repaints[1].frame == pytest.approx(repaints[1].square / 16, rel=1e-6)  # nothing else differs in frame 1
