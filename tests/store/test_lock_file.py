"""Locks by files with a heartbeat, for file systems without flock, and what those without locks are told."""

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from riptui.errors import DiskError, HeldError
from riptui.store import lock_file
from riptui.store.disk import Folder
from riptui.store.lock import FolderLock, hold_shared_lock, probe_lock
from riptui.store.lock_file import BEATING_FILE, EXPIRY_SECONDS, NO_LOCKS, uses_lock_files
from riptui.store.trajectory import Status
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance


@pytest.fixture(params=[38, None], ids=["no flock", "flock"])
def lock_files(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Lock files, chosen by the settings, on a file system without flock and on one with it."""
    monkeypatch.setenv("RIPTUI_LOCKS", "files")
    uses_lock_files.cache_clear()
    if request.param:
        refuse_flock(monkeypatch, request.param)
    yield
    uses_lock_files.cache_clear()


def refuse_flock(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "unsupported")

    monkeypatch.setattr(fcntl, "flock", refuse)


def age(folder: Path, seconds: float) -> None:
    before = time.time() - seconds
    os.utime(folder / BEATING_FILE, (before, before))


@pytest.mark.parametrize("number", NO_LOCKS)
def test_without_locks_the_advice_is_to_mount_with_them_or_to_use_files(
    number: int, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_flock(monkeypatch, number)
    with pytest.raises(DiskError, match=r'does not support locks. Mount it .*-o flock.*set locks = "files"'):
        make_trajectory()


@pytest.mark.slow
def test_a_trajectory_is_computed_under_a_lock_file(lock_files: None, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    for _ in range(2):
        advance(trajectory, 3)
        assert not (trajectory.path / BEATING_FILE).exists()
    list(run_trajectory(trajectory))
    assert trajectory.read_status() is Status.DONE


def test_a_held_lock_file_keeps_others_out(lock_files: None, tmp_path: Path) -> None:
    with Folder(tmp_path) as folder, Folder(tmp_path) as other:
        with FolderLock(folder):
            held, holder = probe_lock(tmp_path)
            assert held
            assert holder is not None
            assert holder.pid == os.getpid()
            with pytest.raises(HeldError):
                FolderLock(other)
            with pytest.raises(HeldError), hold_shared_lock(tmp_path):
                pass
        assert not probe_lock(tmp_path)[0]
        FolderLock(other).release()
    assert {file.name for file in tmp_path.iterdir()} == {".lock"}


def test_the_lock_file_of_a_holder_that_was_killed_expires(lock_files: None, tmp_path: Path) -> None:
    (tmp_path / BEATING_FILE).write_bytes(b"1")
    with Folder(tmp_path) as folder:
        with pytest.raises(HeldError):
            FolderLock(folder)
        age(tmp_path, EXPIRY_SECONDS + 1)
        FolderLock(folder).release()
    assert {file.name for file in tmp_path.iterdir()} == {".lock"}


def test_a_holder_that_was_suspended_for_long_notices_that_it_lost_the_lock(
    lock_files: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fcntl.flock.__name__ == "flock":
        pytest.skip("its flock is not lost")
    with Folder(tmp_path) as folder, Folder(tmp_path) as other:
        suspended = FolderLock(folder)
        suspended.require()
        age(tmp_path, EXPIRY_SECONDS + 1)
        with FolderLock(other):
            monkeypatch.setattr(lock_file.time, "monotonic", lambda: time.perf_counter() + 10 * EXPIRY_SECONDS)
            with pytest.raises(HeldError, match="while this one was suspended"):
                suspended.require()
            suspended.release()
            assert (tmp_path / BEATING_FILE).exists()


def test_the_heartbeat_renews_a_lock_file(lock_files: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "BEAT_SECONDS", 0.01)
    with Folder(tmp_path) as folder, FolderLock(folder):
        age(tmp_path, EXPIRY_SECONDS + 1)
        deadline = time.monotonic() + 30
        while not probe_lock(tmp_path)[0]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.slow
def test_the_lock_files_of_others_count_without_the_setting(tmp_path: Path) -> None:
    (tmp_path / BEATING_FILE).write_bytes(b"1")
    (tmp_path / ".lock").write_bytes(b"")
    assert probe_lock(tmp_path)[0]
    with Folder(tmp_path) as folder, pytest.raises(HeldError):
        FolderLock(folder)
