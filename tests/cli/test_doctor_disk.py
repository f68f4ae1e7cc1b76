"""`riptui doctor RUNS`: what the file system of a runs folder can do."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from riptui.cli import doctor_disk
from riptui.cli.diagnosis import Diagnosis
from riptui.cli.doctor_disk import check_disk


def found(runs: Path, words: str) -> Diagnosis:
    [diagnosis] = [diagnosis for diagnosis in check_disk(runs) if words in diagnosis.what]
    return diagnosis


def test_a_good_disk_is_said_to_be(tmp_path: Path) -> None:
    assert {diagnosis.state for diagnosis in check_disk(tmp_path / "runs" / "new")} <= {"ok", "note"}
    assert found(tmp_path, "locks work between two processes").state == "ok"
    assert [*tmp_path.iterdir()] == []


def test_locks_that_hold_nobody_back_are_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert found(tmp_path, "locks do not keep a second process out").state == "bad"


def test_missing_locks_are_bad_and_come_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    diagnosis = found(tmp_path, "locks do not work")
    assert diagnosis.state == "bad"
    assert 'locks = "files"' in diagnosis.advice


def test_what_a_file_system_lacks_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def fail(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(fd)

    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    assert found(tmp_path, "fsync of a folder").state == "note"
    assert found(tmp_path, "permissions of files cannot be set").state == "note"


def test_a_disk_that_does_not_answer_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> int:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    monkeypatch.setattr(doctor_disk, "free_bytes", fail)
    assert found(tmp_path, "no longer connected: mount it again").state == "bad"
