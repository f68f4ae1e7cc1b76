"""What patches gave is kept, and never trusted over the disk; a growing trajectory is read where it grew."""

import os
from pathlib import Path

import numpy as np
import pytest

from riptui.errors import DamagedError
from riptui.results import square_cache
from riptui.results.exposure import DELTA_E, LUMA, SSIM, SquareErrors
from riptui.results.patch_errors import read_square_errors
from riptui.results.square_cache import read_square_errors_cached, shrink_cache
from riptui.settings.paths import cache_folder
from riptui.store import layout
from riptui.store.trajectory import Trajectory
from tests.support.recursed import lose_a_little, save_recursion
from tests.support.trajectories import picture


@pytest.fixture
def trajectory(tmp_path: Path) -> Trajectory:
    return save_recursion(tmp_path / "a", picture(), lose_a_little(), amount=100.0)


def equal(first: SquareErrors, second: SquareErrors) -> bool:
    return all((first.errors[name] == second.errors[name]).all() for name in (LUMA, DELTA_E))


def entries() -> list[Path]:
    folder = cache_folder() / "squares"
    return [*folder.iterdir()] if folder.exists() else []


def refuse(*_: object) -> None:
    raise AssertionError("computed again")


@pytest.mark.slow
def test_what_was_computed_once_is_not_computed_again(trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_square_errors_cached(trajectory)
    assert equal(found, read_square_errors(trajectory))
    with_ssim = read_square_errors_cached(trajectory, [LUMA, SSIM])
    assert len(entries()) == 1, "an entry takes what was computed later"
    monkeypatch.setattr(square_cache, "compute_errors", refuse)
    assert equal(read_square_errors_cached(trajectory), found)
    assert (read_square_errors_cached(trajectory, [SSIM]).frames[SSIM] == with_ssim.frames[SSIM]).all()


def test_a_change_on_the_disk_makes_the_entry_void(trajectory: Trajectory) -> None:
    read_square_errors_cached(trajectory)
    patches = trajectory.path / layout.PATCHES
    whole = patches.read_bytes()
    patches.write_bytes(whole[:-10])
    with pytest.raises(DamagedError, match="patch 16 is truncated"):
        read_square_errors_cached(trajectory)
    patches.unlink()
    with pytest.raises(DamagedError, match="patch 1 is truncated"):
        read_square_errors_cached(trajectory)
    patches.write_bytes(whole)
    rows = trajectory.path / layout.ROWS
    rows.write_bytes(rows.read_bytes().replace(b'"box":[', b'"box":[1', 1))
    with pytest.raises(DamagedError, match="not on the grid"):
        read_square_errors_cached(trajectory)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x81\xa4luma\x91\xcb?\xf0\0\0\0\0\0\0"])
def test_a_damaged_entry_is_replaced(trajectory: Trajectory, content: bytes) -> None:
    found = read_square_errors_cached(trajectory)
    [entry] = entries()
    intact = entry.read_bytes()
    entry.write_bytes(content)
    assert equal(read_square_errors_cached(trajectory), found)
    assert entry.read_bytes() == intact


@pytest.mark.slow
def test_without_a_cache_folder_it_works_as_well(trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    (trajectory.path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(trajectory.path / "file"))
    assert equal(read_square_errors_cached(trajectory), read_square_errors(trajectory))
    shrink_cache()


@pytest.mark.slow
def test_the_entries_used_longest_ago_are_deleted(trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    read_square_errors_cached(trajectory)
    [newest] = entries()
    size = newest.stat().st_size
    for age in (1, 2):
        other = newest.with_name(str(age))
        other.write_bytes(newest.read_bytes())
        os.utime(other, (1_000_000_000 - age, 1_000_000_000 - age))
    monkeypatch.setattr(square_cache, "MAX_BYTES", 2 * size)
    shrink_cache()
    assert {entry.name for entry in entries()} == {newest.name, "1"}


@pytest.mark.slow
def test_only_new_patches_of_a_growing_trajectory_are_read(trajectory: Trajectory) -> None:
    rows, patches = trajectory.path / layout.ROWS, trajectory.path / layout.PATCHES
    lines, whole = rows.read_bytes(), patches.read_bytes()
    expected = read_square_errors(trajectory)
    rows.write_bytes(b"".join(lines.splitlines(keepends=True)[:9]))
    before = read_square_errors(trajectory)
    rows.write_bytes(lines)
    [offset, length] = trajectory.read_rows()[8].patch
    patches.write_bytes(b"\0" * (offset + length) + whole[offset + length :])
    assert equal(read_square_errors(trajectory, known=before), expected)
    with pytest.raises(DamagedError):
        read_square_errors(trajectory)


def test_what_was_known_of_rows_that_were_cut_does_not_count(trajectory: Trajectory) -> None:
    known = read_square_errors(trajectory)
    rows = trajectory.path / layout.ROWS
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:5]))
    found = read_square_errors(trajectory, known=known)
    assert len(found.rows) == 5
    assert (found.errors[LUMA] == known.errors[LUMA][:5]).all()
    assert np.isfinite(found.errors[DELTA_E]).all()
