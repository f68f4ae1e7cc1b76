"""What a stranger can do with a folder: compute every frame again with OpenCV and NumPy, and find every bit the same.

The functions that replay know only the format in the README. They use nothing of riptui.
"""

import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from riptui.events import Ended
from riptui.store.frames import read_frame, read_frames
from riptui.store.trajectory import Trajectory
from tests.support.exhaustive import some_of
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance

Pixels = NDArray[np.uint8]

# --- without riptui


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


def read_rows(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "iterations.jsonl").read_text().splitlines()]


def read_picture(source: Path | bytes) -> Pixels:
    with PIL.Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        return np.asarray(image)


def digest(image: Pixels) -> str:
    return sha256(image.tobytes()).hexdigest()


def paint(spec: Any, image: Pixels, mask: Pixels, noise_seed: int) -> Pixels:
    """The inpainter that the spec names, from its library."""
    match spec["inpainter"]:
        case "navier-stokes":
            return np.asarray(cv2.inpaint(image, mask, spec["parameters"]["radius"], cv2.INPAINT_NS), np.uint8)
        case "telea":
            return np.asarray(cv2.inpaint(image, mask, spec["parameters"]["radius"], cv2.INPAINT_TELEA), np.uint8)
        case "noise":
            return np.random.default_rng(noise_seed).integers(0, 256, image.shape, np.uint8)
        case unknown:
            raise ValueError(unknown)


def replay(folder: Path) -> Iterator[Pixels]:
    """Frames 1, 2 ... from frame 0, the spec, and each row's box and noise seed: nothing saved later is looked at."""
    spec = read_json(folder / "spec.json")
    image = read_picture(folder / "original.png")
    assert digest(image) == spec["original_sha256"]
    for row in read_rows(folder):
        x, y, width, height = row["box"]
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[y : y + height, x : x + width] = 255
        output = paint(spec, image, mask, row["noise_seed"])
        image = np.where(mask[..., None] > 0, output, image) if spec["paste"] else output
        yield image


def patched(folder: Path) -> Iterator[Pixels]:
    """Frames 1, 2 ... from frame 0 and the patches: nothing is computed."""
    paste = read_json(folder / "spec.json")["paste"]
    image = read_picture(folder / "original.png").copy()
    patches = (folder / "patches.bin").read_bytes()
    end = 0
    for row in read_rows(folder):
        x, y, width, height = row["box"]
        offset, length = row["patch"]
        patch = read_picture(patches[offset : offset + length])
        assert offset == end
        end += length
        if paste:
            assert patch.shape == (height, width, 3)
            image[y : y + height, x : x + width] = patch
        else:
            image = patch.copy()
        yield image.copy()
    assert end == len(patches)


def require_counts(folder: Path) -> None:
    """The rows' percentages, counted pixel by pixel."""
    size = read_json(folder / "spec.json")["size"]
    times = np.zeros((size, size), int)
    for row in read_rows(folder):
        x, y, width, height = row["box"]
        times[y : y + height, x : x + width] += 1
        assert row["inpainted"] == 100 * times.mean()
        assert row["coverage"] == 100 * (times > 0).mean()


# --- with it


def require_exact(trajectory: Trajectory) -> None:
    """Replayed, patched together, hashed, read by riptui and in the keyframes: always the same frames."""
    folder = trajectory.path
    rows = read_rows(folder)
    spec = read_json(folder / "spec.json")
    assert [row["k"] for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == np.ceil(spec["amount"] / 100 * (spec["size"] / spec["mask"]) ** 2)
    every_50 = np.array([int(row["inpainted"] // 50) for row in rows])
    whole = spec["mask"] == spec["size"]  # the patch is the frame
    due = set() if whole else {k + 1 for k in np.flatnonzero(np.diff(every_50, prepend=0))} | {len(rows)}
    kept = {int(path.stem): path for path in (folder / "keyframes").glob("*.png")}
    assert kept.keys() == due
    saved = read_frames(trajectory, range(1, len(rows) + 1))
    for row, replayed, joined, (k, read) in zip(rows, replay(folder), patched(folder), saved, strict=True):
        assert row["k"] == k
        assert digest(replayed) == row["sha256"]
        assert np.array_equal(replayed, joined)
        assert np.array_equal(replayed, read)
        if k in kept:
            assert np.array_equal(replayed, read_picture(kept[k]))
        if k in kept or k % 8 == 1:
            assert np.array_equal(replayed, read_frame(trajectory, k))
    require_counts(folder)


def finish(trajectory: Trajectory) -> None:
    *_, ended = run_trajectory(trajectory)
    assert isinstance(ended, Ended)
    assert ended.done


USUAL: list[dict[str, Any]] = [
    {"mask": 16, "amount": 75.0},
    {"mask": 64, "amount": 130.0, "order": "raster"},
    {"mask": 96, "amount": 20.0, "size": 768, "seed": 2**53},
    {"mask": 64, "amount": 200.0, "inpainter": "telea", "order": "shuffle", "paste": False},
    {"mask": 16, "amount": 100.0, "inpainter": "noise", "order": "shuffle"},
]
FURTHER: list[dict[str, Any]] = [
    {"mask": 64, "amount": 400.0, "seed": 1},
    {"mask": 256, "amount": 200.0, "size": 512},
    {"mask": 128, "amount": 100.0, "size": 512},
    {"mask": 64, "amount": 200.0, "parameters": {"radius": 5}},
    {"mask": 64, "amount": 230.0, "order": "shuffle"},
    {"mask": 64, "amount": 200.0, "paste": False},
    {"mask": 16, "amount": 50.0, "inpainter": "telea"},
    {"mask": 64, "amount": 200.0, "inpainter": "telea"},
    {"mask": 256, "amount": 200.0, "inpainter": "telea", "size": 512},
    {"mask": 64, "amount": 400.0, "inpainter": "noise"},
    {"mask": 256, "amount": 200.0, "inpainter": "noise", "size": 512},
    {"mask": 256, "amount": 300.0, "inpainter": "noise"},
    {"mask": 64, "amount": 100.0, "inpainter": "noise", "paste": False},
]


@pytest.mark.parametrize(
    "fields", some_of([*USUAL, *FURTHER], *USUAL), ids=lambda fields: "-".join(map(str, fields.values()))
)
def test_a_replay_without_riptui_gives_every_frame_bit_for_bit(
    make_trajectory: MakeTrajectory, fields: dict[str, Any]
) -> None:
    trajectory = make_trajectory(**fields)
    finish(trajectory)
    require_exact(trajectory)


@pytest.mark.parametrize("paste", [True, False])
@pytest.mark.parametrize("inpainter", ["navier-stokes", "telea", "noise"])
@pytest.mark.exhaustive
def test_it_does_so_after_stops_in_the_middle(make_trajectory: MakeTrajectory, inpainter: str, paste: bool) -> None:
    fields = {"inpainter": inpainter, "mask": 64, "amount": 200.0, "seed": 3, "paste": paste}
    stopped, whole = make_trajectory("a/stopped", **fields), make_trajectory("a/whole", **fields)
    assert [advance(stopped, iterations) for iterations in (1, 6, 9)] == [1, 7, 16]
    finish(Trajectory(stopped.path))
    require_exact(stopped)
    assert {row["session"] for row in read_rows(stopped.path)} == {1, 2, 3, 4}
    finish(whole)
    for name in ("patches.bin", "original.png", "spec.json", *(f"keyframes/{k}.png" for k in (8, 16, 24, 32))):
        assert (stopped.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_a_trajectory_still_under_way_can_be_replayed_as_far_as_it_is(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(mask=64, amount=200.0)
    assert advance(trajectory, 11) == 11
    rows = read_rows(trajectory.path)
    assert len(rows) == 11
    for row, replayed, joined in zip(rows, replay(trajectory.path), patched(trajectory.path), strict=True):
        assert digest(replayed) == digest(joined) == row["sha256"]


@pytest.mark.parametrize(
    ("inpainter", "key", "value"),
    [("noise", "noise_seed", 1), ("noise", "box", [0, 0, 64, 64]), ("navier-stokes", "box", [0, 0, 64, 64])],
)
def test_with_another_box_or_noise_seed_it_gives_other_frames(
    make_trajectory: MakeTrajectory, inpainter: str, key: str, value: object
) -> None:
    trajectory = make_trajectory(mask=64, inpainter=inpainter)
    finish(trajectory)
    rows = read_rows(trajectory.path)
    assert rows[2][key] != value
    changed = [row | {key: value} if row["k"] == 3 else row for row in rows]
    (trajectory.path / "iterations.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    same = [digest(image) == row["sha256"] for row, image in zip(rows, replay(trajectory.path), strict=True)]
    assert same[:3] == [True, True, False]
