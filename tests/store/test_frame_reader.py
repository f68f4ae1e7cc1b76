"""The reel: any frame, in any order, from a folder that others write, cut or damage."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.arrays import Image
from riptui.errors import DamagedError, InputError
from riptui.images import pixels_sha256
from riptui.store import frames as store_frames
from riptui.store.frame_reader import FrameReader, PatchCache
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def trajectory(make_trajectory: MakeTrajectory) -> Trajectory:
    """32 iterations, so that squares are repainted several times; keyframes at 8, 16, 24, 32."""
    made = make_trajectory(amount=200.0, squares="shared")  # of these, no two frames are equal
    list(run_trajectory(made))
    return made


def every_frame(trajectory: Trajectory) -> dict[int, Image]:
    return dict(store_frames.read_frames(trajectory, range(len(trajectory.read_rows()) + 1)))


def opened(trajectory: Trajectory, **options: int) -> FrameReader:
    reel = FrameReader(trajectory, **options)
    reel.refresh()
    return reel


def damage_patch(trajectory: Trajectory, k: int) -> None:
    offset, length = trajectory.read_rows()[k - 1].patch
    path = trajectory.path / "patches.bin"
    data = bytearray(path.read_bytes())
    data[offset + length // 2] ^= 0xFF
    path.write_bytes(data)


def shown(reel: FrameReader, numbers: range) -> list[int]:
    """Those of the frames that can be had."""
    found = []
    for k in numbers:
        try:
            reel.frame(k)
        except DamagedError:
            continue
        found.append(k)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("order", ["forwards", "backwards", "at random"])
@pytest.mark.parametrize("cache", [0, 2**24])
@pytest.mark.exhaustive
def test_every_frame_in_any_order_is_the_one_that_was_computed(trajectory: Trajectory, order: str, cache: int) -> None:
    expected = every_frame(trajectory)
    numbers = list(expected)
    if order == "backwards":
        numbers.reverse()
    elif order == "at random":
        random.Random(3).shuffle(numbers)
    reel = opened(trajectory, cache_bytes=cache)
    for k in numbers:
        assert np.array_equal(reel.frame(k), expected[k]), k


@pytest.mark.slow
def test_without_paste_a_patch_is_a_whole_frame(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(paste=False)
    list(run_trajectory(trajectory))
    expected = every_frame(trajectory)
    reel = opened(trajectory)
    for k in (16, 3, 4, 0, 9):
        assert np.array_equal(reel.frame(k), expected[k])


@pytest.mark.slow
def test_a_frame_that_was_handed_out_never_changes(trajectory: Trajectory) -> None:
    reel = opened(trajectory)
    first = reel.frame(5)
    before = pixels_sha256(first)
    reel.frame(6)
    reel.frame(4)
    assert pixels_sha256(first) == before
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0


@pytest.mark.slow
def test_a_frame_that_is_not_there_yet_is_refused(trajectory: Trajectory) -> None:
    with pytest.raises(InputError, match="frames 0 to 32, not 33"):
        opened(trajectory).frame(33)


@pytest.mark.slow
def test_a_step_reads_one_patch_and_a_step_back_to_where_it_was_none(
    trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    reel = opened(trajectory)
    reel.frame(16)
    read: list[int] = []
    real = store_frames.read_patch
    monkeypatch.setattr(store_frames, "read_patch", lambda where, row: read.append(row.k) or real(where, row))
    reel.frame(17)
    assert read == [17]
    reel.frame(16)
    reel.frame(17)
    assert len(read) <= 2  # at most the patch that frame 17 covered


@pytest.mark.slow
def test_patches_are_never_read_whole(trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = store_frames.read_file
    monkeypatch.setattr(store_frames, "read_file", lambda path, *more: read.append(str(path)) or real(path, *more))
    opened(trajectory).frame(30)
    assert not [path for path in read if path.endswith("patches.bin")]


@pytest.mark.slow
def test_the_cache_keeps_to_its_bytes(trajectory: Trajectory) -> None:
    one = 64 * 64 * 3
    cache = PatchCache(trajectory, max_bytes=3 * one)
    rows = trajectory.read_rows()
    for row in rows:
        cache.read(row)
        assert cache.holds(row)
        assert cache.bytes == one * sum(map(cache.holds, rows)) <= 3 * one
    assert cache.bytes == 3 * one


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_damaged_patch_spoils_only_the_frames_that_cannot_be_had_without_it(trajectory: Trajectory) -> None:
    expected = every_frame(trajectory)
    rows = trajectory.read_rows()

    def next_repaint(k: int) -> int:
        return next((row.k for row in rows[k:] if row.box == rows[k - 1].box), 33)

    def next_keyframe(k: int) -> int:
        return -(-k // 8) * 8

    covered = next(row.k for row in rows if next_repaint(row.k) <= next_keyframe(row.k))
    kept = next(row.k for row in rows if next_repaint(row.k) > next_keyframe(row.k))  # the keyframe shows it too
    damage_patch(trajectory, covered)
    damage_patch(trajectory, kept)
    spoiled = range(covered, next_repaint(covered))
    for order in (range(33), range(32, -1, -1)):
        reel = opened(trajectory)
        found = shown(reel, order)
        assert sorted(found) == [k for k in range(33) if k not in spoiled]
        assert all(np.array_equal(reel.frame(k), expected[k]) for k in found)
    with pytest.raises(DamagedError, match=rf"frame {covered} is damaged: .*riptui check"):
        opened(trajectory).frame(covered)


@pytest.mark.slow
def test_a_lost_keyframe_or_original_is_done_without(trajectory: Trajectory) -> None:
    expected = every_frame(trajectory)
    for k in (8, 16, 24):
        (trajectory.path / "keyframes" / f"{k}.png").write_bytes(b"no picture")
    assert np.array_equal(opened(trajectory).frame(23), expected[23])
    (trajectory.path / "original.png").unlink()
    reel = opened(trajectory)
    assert np.array_equal(reel.frame(32), expected[32])
    with pytest.raises(DamagedError, match="original"):
        reel.frame(0)


@pytest.mark.slow
def test_a_patch_cut_short_or_out_of_the_file_is_damage_and_takes_no_memory(trajectory: Trajectory) -> None:
    rows = (trajectory.path / "iterations.jsonl").read_bytes().splitlines(keepends=True)
    offset, length = trajectory.read_rows()[2].patch
    for path in (trajectory.path / "keyframes").iterdir():
        path.unlink()  # otherwise the next one shows the square too
    for patch in (f"[{offset},{2**60}]", f"[{2**61},5]", f"[-4,{length}]", f"[{offset},-1]"):
        changed = rows[2].replace(f"[{offset},{length}]".encode(), patch.encode())
        (trajectory.path / "iterations.jsonl").write_bytes(b"".join([*rows[:2], changed, *rows[3:]]))
        with pytest.raises(DamagedError, match="frame 3"):
            opened(trajectory).frame(3)


@pytest.mark.slow
def test_it_grows_with_the_trajectory_and_reads_only_what_is_new(
    trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = trajectory.path / "iterations.jsonl"
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:10]) + lines[10][:40])  # the row of 11 is being written
    reel = opened(trajectory)
    assert len(reel.rows) == 10
    starts: list[int] = []
    from riptui.store import tail

    real = tail.read_start

    def read_start(path: Any, limit: Any, *, start: int = 0) -> bytes | None:
        starts.append(start)
        return real(path, limit, start=start)

    monkeypatch.setattr(tail, "read_start", read_start)
    path.write_bytes(data)
    reel.refresh()
    assert [row.k for row in reel.rows] == list(range(1, 33))
    assert starts == [sum(map(len, lines[:9]))]
    assert np.array_equal(reel.frame(32), every_frame(trajectory)[32])


@pytest.mark.slow
def test_after_a_recovery_that_cut_it_only_what_is_left_is_there(trajectory: Trajectory) -> None:
    reel = opened(trajectory)
    reel.frame(20)
    path = trajectory.path / "iterations.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:12]))
    reel.refresh()
    assert len(reel.rows) == 12
    with pytest.raises(InputError):
        reel.frame(20)
    assert np.array_equal(reel.frame(12), every_frame(trajectory)[12])


@pytest.mark.slow
def test_rows_that_were_computed_anew_replace_those_that_were_known(
    make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    first = make_trajectory("a/one", inpainter="noise", seed=1)
    second = make_trajectory("a/two", inpainter="noise", seed=2)
    for made in (first, second):
        list(run_trajectory(made))
    reel = opened(first)
    reel.frame(9)
    for name in ("iterations.jsonl", "patches.bin"):  # as if all had been lost and other pixels came
        (first.path / name).write_bytes((second.path / name).read_bytes())
    for path in (first.path / "keyframes").iterdir():
        path.unlink()
    reel.refresh()
    expected = every_frame(second)
    assert all(np.array_equal(reel.frame(k), expected[k]) for k in (9, 16, 2))


def test_a_trajectory_without_rows_shows_its_original(make_trajectory: MakeTrajectory) -> None:
    reel = opened(make_trajectory())
    assert reel.rows == []
    assert reel.frame(0) is reel.original


@pytest.mark.slow
def test_neighbouring_frames_differ_only_in_the_square_between(trajectory: Trajectory) -> None:
    reel = opened(trajectory)
    images = [reel.frame(k) for k in range(33)]
    for row, (before, after) in zip(reel.rows, pairwise(images), strict=True):
        changed = (before != after).any(axis=-1)
        changed[row.box.window] = False
        assert not changed.any()
