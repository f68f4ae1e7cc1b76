"""What a kill or a copy at a bad moment leaves: it is told, and the next command puts it right."""

import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from riptui.errors import DamagedError
from riptui.store import layout
from riptui.store.creation import create_or_open, remove_abandoned
from riptui.store.disk import Folder
from riptui.store.frames import read_frame
from riptui.store.lock import LOCK_FILE, FolderLock, LockHolder
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Status, Trajectory
from riptui.store.verify import inspect_folder
from riptui.supervision.monitor import TrajectoryMonitor
from tests.support.command import riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance, make_spec, picture

Heal = Callable[[Trajectory], object]
LAST = 16


@pytest.fixture
def done(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trajectory:
    """A finished trajectory."""
    monkeypatch.chdir(tmp_path)
    trajectory = make_trajectory()
    list(run_trajectory(trajectory))
    return trajectory


def keyframe(trajectory: Trajectory, k: int) -> Path:
    return trajectory.path / layout.KEYFRAMES / layout.keyframe_name(k)


@pytest.mark.slow
@pytest.mark.parametrize(
    "heal",
    [
        lambda trajectory: riptui("resume", trajectory.path),
        lambda trajectory: riptui("check", "--repair", trajectory.path),
        lambda trajectory: list(run_trajectory(trajectory)),
    ],
    ids=["resume", "check --repair", "a worker"],
)
@pytest.mark.parametrize("k", [8, LAST])
def test_a_keyframe_that_a_kill_left_unwritten_is_written(heal: Heal, k: int, done: Trajectory) -> None:
    before = keyframe(done, k).read_bytes()
    keyframe(done, k).unlink()
    assert has_work(done)
    heal(done)
    assert keyframe(done, k).read_bytes() == before
    assert not has_work(done)
    found = inspect_folder(done)
    assert (found.damage, found.leftovers) == ([], [])


@pytest.mark.slow
def test_a_copy_with_older_patches_is_damaged_and_not_done(done: Trajectory) -> None:
    rows = done.read_rows()
    pixels = rows[-1].sha256
    os.truncate(done.path / layout.PATCHES, rows[5].patch[0] + 3)
    with pytest.raises(DamagedError, match=r"patches.bin ends before the patch of row 16.*riptui check.*riptui resume"):
        done.read_status()
    listed = riptui("ls", "runs")
    assert "1 unreadable" in listed.out
    assert "1 done" not in listed.out
    assert riptui("check", done.path).code == 1
    resumed = riptui("resume", done.path)
    assert resumed.code == 0
    assert "already" not in resumed.out
    assert "row 6" in resumed.err
    assert done.read_status() is Status.DONE
    assert done.read_rows()[-1].sha256 == pixels
    read_frame(done, LAST)


@pytest.mark.slow
def test_a_watched_copy_with_older_patches_waits_for_its_worker(done: Trajectory) -> None:
    monitor = TrajectoryMonitor(done.path.parent, [done])
    os.truncate(done.path / layout.PATCHES, 0)
    assert monitor.poll(full=True) == []
    assert monitor.remaining == [done]


@pytest.mark.slow
def test_check_repairs_what_an_older_copy_lacks(done: Trajectory) -> None:
    os.truncate(done.path / layout.PATCHES, done.read_rows()[-1].patch[0])
    outcome = riptui("check", "--repair", done.path)
    assert "riptui resume" in outcome.out
    assert done.read_status() is not Status.DONE
    assert len(done.read_rows()) == LAST - 1


@pytest.mark.slow
@pytest.mark.parametrize("command", [("resume",), ("check", "--repair")], ids=["resume", "check --repair"])
def test_what_a_killed_creation_left_is_removed_by_the_next_command(
    command: tuple[str, ...], make_trajectory: MakeTrajectory, done: Trajectory
) -> None:
    group = done.path.parent
    abandoned = spoilt_creation(group)
    with Folder(spoilt_creation(group)) as in_progress, FolderLock(in_progress):
        riptui(*command, done.path)
        assert not abandoned.exists()
        assert in_progress.path.exists()
    os.utime(in_progress.path, (0, 0))  # nobody's name is in its lock any more: only its age tells
    make_trajectory("picture/other")
    assert {path.name for path in group.iterdir()} == {"m64-s0", "other"}


@pytest.mark.slow
@pytest.mark.parametrize("command", [("resume",), ("check", "--repair")], ids=["resume", "check --repair"])
def test_so_is_what_was_the_first_of_its_group(command: tuple[str, ...], done: Trajectory) -> None:
    group = done.path.parents[1] / "fig7" / "cat"
    group.mkdir(parents=True)
    spoilt_creation(group)
    riptui(*command, done.path.parents[1])
    assert [*group.iterdir()] == []


def spoilt_creation(group: Path) -> Path:
    """A folder as a process leaves it that is killed while it creates a trajectory."""
    folder = group / f"{layout.NEW_PREFIX}{secrets.token_hex(6)}"
    folder.mkdir()
    (folder / LOCK_FILE).write_bytes(msgspec.json.encode(LockHolder(os.getpid(), "host", time.time())))
    (folder / layout.ORIGINAL).write_bytes(b"half")
    return folder


def test_a_creation_that_is_about_to_take_its_lock_is_not_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = FolderLock._acquire
    found: list[Path] = []

    def look_and_acquire(self: FolderLock, path: Path) -> None:
        if not found:
            found.append(path)
            remove_abandoned(path.parent)
            assert (path / LOCK_FILE).exists()
        acquire(self, path)

    monkeypatch.setattr(FolderLock, "_acquire", look_and_acquire)
    original = picture()
    assert create_or_open(tmp_path, "a/b", make_spec(original), original, Request()).exists
    assert [path.parent for path in found] == [tmp_path / "a"]


def test_a_creation_whose_folder_another_process_removed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folder = Folder.make_folder
    removed: list[str] = []

    def make_and_lose(self: Folder, name: str) -> None:
        make_folder(self, name)
        if name.startswith(layout.NEW_PREFIX) and not removed:
            removed.append(name)
            (self.path / name).rmdir()

    monkeypatch.setattr(Folder, "make_folder", make_and_lose)
    original = picture()
    trajectory = create_or_open(tmp_path, "a/b", make_spec(original), original, Request())
    assert removed
    assert trajectory.read_status() is Status.QUEUED
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


@pytest.mark.slow
def test_copies_of_a_trajectory_are_told(make_trajectory: MakeTrajectory, done: Trajectory) -> None:
    make_trajectory("picture/m64-s1", seed=1)
    assert "copies" not in riptui("ls").err
    shutil.copytree(done.path, done.path.with_name("copied"))
    for command in (("ls",), ("check", "runs")):
        told = riptui(*command).err
        assert "copies of one trajectory" in told
        assert "runs/picture/copied and runs/picture/m64-s0" in told
        assert "m64-s1" not in told


@pytest.mark.slow
def test_a_half_copy_of_a_growing_trajectory_stays_resumable(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    advance(trajectory, 5)
    os.truncate(trajectory.path / layout.PATCHES, trajectory.read_rows()[2].patch[0])
    list(run_trajectory(trajectory))
    assert trajectory.read_status() is Status.DONE
