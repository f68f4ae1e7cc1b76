"""File systems that cannot do everything, and file servers that do not answer: told, with what to do."""

import errno
import os
import stat
from pathlib import Path

import pytest

from riptui.errors import DiskError
from riptui.store.disk import Folder, explain_errors
from riptui.store.trajectory import Status
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


def fail_fsync_of_folders(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    fsync = os.fsync

    def fail(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS])
def test_folders_that_cannot_be_made_durable_are_no_failure(
    number: int, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_fsync_of_folders(monkeypatch, number)
    trajectory = make_trajectory()
    list(run_trajectory(trajectory))
    assert trajectory.read_status() is Status.DONE


def test_a_folder_whose_fsync_fails_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_fsync_of_folders(monkeypatch, errno.EIO)
    with Folder(tmp_path) as folder, pytest.raises(DiskError, match="hardware error"):
        folder.write_atomically("name", b"")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ESTALE, "mount the file system again"),
        (errno.ENOTCONN, "no longer connected: mount it again"),
        (errno.ETIMEDOUT, "does not answer: check the network"),
        (errno.EHOSTDOWN, "the file server is down"),
    ],
)
def test_a_lost_file_server_is_told_with_advice(number: int, words: str) -> None:
    with pytest.raises(DiskError, match=words), explain_errors("runs/cat"):
        raise OSError(number, os.strerror(number))
