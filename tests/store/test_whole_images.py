"""Trajectories whose iterations repaint the whole image: each patch is the frame, and there is no second copy of it."""

from pathlib import Path

import numpy as np
import pytest

from riptui.engine import BatchRunner
from riptui.images import encode_png
from riptui.planning.prepare import prepare
from riptui.recursion import recurse
from riptui.store import layout
from riptui.store.creation import create_or_open
from riptui.store.frame_reader import FrameReader
from riptui.store.frames import read_frame, read_frames
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Trajectory
from riptui.store.verify import inspect_folder
from tests.support.recursed import bundled_pictures
from tests.support.running import run_trajectory
from tests.support.trajectories import advance


def make(runs: Path, inpainter: str = "blur") -> Trajectory:
    original, spec = prepare(bundled_pictures(1)[0], inpainter=inpainter, mask=256, amount=500)
    return create_or_open(runs, inpainter, spec, original, Request(metrics=("psnr",)))


@pytest.mark.slow
def test_each_frame_is_on_disk_once_and_any_is_read_back(tmp_path: Path) -> None:
    trajectory = make(tmp_path)
    advance(trajectory, 2)
    list(run_trajectory(trajectory))
    frames = [found.frame for found in recurse(bundled_pictures(1)[0], trajectory.spec)]
    assert not [*(trajectory.path / layout.KEYFRAMES).iterdir()]
    assert (trajectory.path / layout.PATCHES).stat().st_size == sum(len(encode_png(frame)) for frame in frames)
    assert np.array_equal(read_frame(trajectory, 4), frames[3])
    assert [k for k, _ in read_frames(trajectory, [5, 0, 2])] == [0, 2, 5]
    reader = FrameReader(trajectory)
    reader.refresh()
    assert all(np.array_equal(reader.frame(k), frames[k - 1]) for k in (5, 1, 3))
    assert sorted(trajectory.read_metrics()) == [0, 1, 2, 3, 4, 5]
    inspection = inspect_folder(trajectory)
    assert (inspection.damage, inspection.leftovers, len(inspection.rows)) == ([], [], 5)
    assert not has_work(trajectory, trajectory.request)


@pytest.mark.slow
def test_one_frame_needs_no_other_patch(tmp_path: Path) -> None:
    trajectory = make(tmp_path)
    list(run_trajectory(trajectory))
    expected = read_frame(trajectory, 5)
    offset, length = trajectory.read_rows()[1].patch
    data = bytearray((trajectory.path / layout.PATCHES).read_bytes())
    data[offset : offset + length] = bytes(length)
    (trajectory.path / layout.PATCHES).write_bytes(data)
    assert np.array_equal(read_frame(trajectory, 5), expected)


@pytest.mark.slow
def test_keyframes_of_older_releases_stay(tmp_path: Path) -> None:
    trajectory = make(tmp_path, "telea")
    advance(trajectory, 2)
    (trajectory.path / layout.KEYFRAMES / "2.png").write_bytes(encode_png(read_frame(trajectory, 2)))
    inspection = inspect_folder(trajectory)
    assert (inspection.damage, inspection.leftovers) == ([], [])
    list(run_trajectory(trajectory))
    assert (trajectory.path / layout.KEYFRAMES / "2.png").exists()


@pytest.mark.exhaustive
def test_a_batch_computes_them_side_by_side(tmp_path: Path) -> None:
    trajectories = [make(tmp_path / name, name) for name in ("jpeg", "blur")]
    waiting = iter(trajectories)
    list(BatchRunner().run(lambda spec: next(waiting, None)))
    assert [trajectory.read_status() for trajectory in trajectories] == ["done", "done"]
