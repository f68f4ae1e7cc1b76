"""Requests for many trajectories: one folder that cannot be written does not keep the others from theirs."""

import errno
from pathlib import Path

import pytest

from riptui.errors import DiskError
from riptui.store.trajectory import Trajectory
from riptui.supervision import bulk
from riptui.supervision.bulk import request_all, retry_all

MANY = [Trajectory(Path(f"t{number}")) for number in range(5)]


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The third one refuses every request."""

    def request(trajectory: Trajectory, *_: object) -> None:
        if trajectory.path.name == "t2":
            raise DiskError("it failed", path=trajectory.path, number=number)

    monkeypatch.setattr(bulk, "request_state", request)
    monkeypatch.setattr(bulk, "retry", request)


def test_all_that_can_be_are_requested_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EACCES)
    assert (request_all(MANY, "stop"), retry_all(MANY)) == (4, 4)


def test_a_full_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.ENOSPC)
    with pytest.raises(DiskError):
        request_all(MANY, "stop")
    with pytest.raises(DiskError):
        retry_all(MANY)
