"""Frames as PNG files: whole folders or none."""

import errno
import fcntl
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from riptui import export
from riptui.errors import DiskError, InputError
from riptui.export import png_frames as folder_module
from riptui.export.files import ABANDONED_SECONDS, staging_folder, write_atomically
from riptui.store.frames import read_frame
from tests.support.exported import Computed, Usage, names, pixels


@pytest.mark.slow
def test_every_exported_frame_is_the_computed_one_bit_for_bit(computed: Computed, out: Path) -> None:
    trajectory = computed()
    written = export.write_frames(trajectory, out / "frames")
    assert [path.name for path in written] == [f"{k:05}.png" for k in range(17)]
    assert sorted((out / "frames").iterdir()) == written
    for k, path in enumerate(written):
        assert np.array_equal(pixels(path), read_frame(trajectory, k)), k


def test_chosen_frames_are_exported_once_each_and_reported(computed: Computed, out: Path) -> None:
    reported: list[tuple[int, int]] = []
    written = export.write_frames(
        computed(), out / "frames", [7, 0, 7, 3], on_progress=lambda done, total: reported.append((done, total))
    )
    assert [path.name for path in written] == ["00000.png", "00003.png", "00007.png"]
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_numbers_have_the_width_of_the_largest_iteration(computed: Computed, out: Path) -> None:
    trajectory = computed(until=1, mask=16, amount=40_000.0)  # 102,400 iterations
    assert [path.name for path in export.write_frames(trajectory, out)] == ["000000.png", "000001.png"]


def test_frames_of_an_unfinished_trajectory_end_where_it_stands(computed: Computed, out: Path) -> None:
    trajectory = computed(until=5)
    assert len(export.write_frames(trajectory, out / "frames")) == 6
    with pytest.raises(InputError, match="has frames 0 to 5, not 6"):
        export.write_frames(trajectory, out / "more", [0, 6])
    assert names(out) == ["frames"]


def test_a_folder_with_files_takes_frames_only_with_overwrite_and_keeps_the_rest(computed: Computed, out: Path) -> None:
    trajectory = computed(until=2)
    (out / "mine.txt").write_text("mine")
    (out / "00001.png").write_text("old")
    with pytest.raises(InputError, match="is not empty; --overwrite"):
        export.write_frames(trajectory, out)
    export.write_frames(trajectory, out, overwrite=True)
    assert names(out) == ["00000.png", "00001.png", "00002.png", "mine.txt"]
    assert (out / "mine.txt").read_text() == "mine"
    assert np.array_equal(pixels(out / "00001.png"), read_frame(trajectory, 1))


def test_a_folder_that_is_a_file_or_has_no_parent_is_refused(computed: Computed, out: Path) -> None:
    trajectory = computed(until=1)
    (out / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file: name a folder"):
        export.write_frames(trajectory, out / "file", overwrite=True)
    with pytest.raises(InputError, match="does not exist: create"):
        export.write_frames(trajectory, out / "nowhere" / "frames")
    assert names(out) == ["file"]


@pytest.mark.slow
def test_too_little_space_is_said_before_anything_is_written(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = computed()
    one = (trajectory.path / "original.png").stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, 17 * one - 1))
    with pytest.raises(DiskError, match=r"17 frames need about [\d.]+ MB and [\d.]+ MB are free: free some space"):
        export.write_frames(trajectory, out / "frames")
    assert names(out) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, 17 * one))
    assert len(export.write_frames(trajectory, out / "frames")) == 17


def test_what_a_killed_export_left_is_removed_by_the_next(computed: Computed, out: Path) -> None:
    for name in (".riptui-0123.tmp", ".riptui-4567.tmp", "mine.tmp"):
        (out / name).mkdir()
        (out / name / "00000.png").write_bytes(b"half")
    (out / ".riptui-cdef.tmp").symlink_to(out / "mine.tmp")
    yesterday = time.time() - ABANDONED_SECONDS - 60
    os.utime(out / ".riptui-cdef.tmp", (yesterday, yesterday), follow_symlinks=False)
    with staging_folder(out) as others:  # of an export that is not finished; it removes leftovers, too
        assert names(out) == [others.name, "mine.tmp"]
        export.write_strip(computed(until=1), out / "a.png")
        assert names(out) == [others.name, "a.png", "mine.tmp"]
    assert names(out) == ["a.png", "mine.tmp"]
    assert names(out / "mine.tmp") == ["00000.png"]


def test_leftovers_stay_for_a_day_where_folders_cannot_be_locked(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", refuse)
    for name in (".riptui-0123.tmp", ".riptui-4567.tmp"):
        (out / name).mkdir()
    yesterday = time.time() - ABANDONED_SECONDS - 60
    os.utime(out / ".riptui-0123.tmp", (yesterday, yesterday))
    write_atomically(out / "a.csv", b"k")
    assert names(out) == [".riptui-4567.tmp", "a.csv"]


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_disk_that_fills_up_among_the_frames_leaves_the_folder_as_it_was(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    trajectory, target = computed(), out / "frames"
    if before:
        target.mkdir()
        (target / "00000.png").write_bytes(before)
    encode, encoded = folder_module.encode_png, []

    def to_png(image: np.ndarray) -> bytes:
        encoded.append(image)
        if len(encoded) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return encode(image)

    monkeypatch.setattr(folder_module, "encode_png", to_png)
    with pytest.raises(DiskError, match="the disk is full"):
        export.write_frames(trajectory, target, overwrite=True)
    assert [path.read_bytes() for path in out.rglob("*") if path.is_file()] == ([before] if before else [])
    assert target.exists() == bool(before)
