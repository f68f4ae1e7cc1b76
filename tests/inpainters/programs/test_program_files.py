"""What processes that were killed left: their folders are removed, and the programs that they started are ended."""

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from riptui.inpainters.programs.program_files import (
    GROUP,
    MIN_UNOWNED_SECONDS,
    OWNER,
    PREFIX,
    PROGRAM,
    exchange_folder,
    remove_leftovers,
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def leave_folder(temporary: Path) -> Path:
    """A folder as a killed process leaves it."""
    folder = temporary / f"{PREFIX}left"
    folder.mkdir()
    (folder / "0000.png").write_bytes(b"")
    (folder / OWNER).touch()
    (folder / PROGRAM).touch()
    return folder


def test_a_folder_whose_owner_is_gone_is_removed_and_its_program_ended(temporary: Path) -> None:
    folder = leave_folder(temporary)
    lock = os.open(folder / PROGRAM, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with subprocess.Popen(["sleep", "600"], pass_fds=[lock], start_new_session=True) as program:
        os.close(lock)
        (folder / GROUP).write_text(str(program.pid))
        remove_leftovers()
        assert program.wait(60) == -9
    assert not folder.exists()


def test_a_process_that_has_only_the_number_is_left_alone(temporary: Path) -> None:
    folder = leave_folder(temporary)
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        (folder / GROUP).write_text(str(other.pid))
        remove_leftovers()
        assert not folder.exists()
        assert other.poll() is None
        other.kill()


def test_a_folder_in_use_a_new_one_and_anything_else_are_left_alone(temporary: Path) -> None:
    new, old = temporary / f"{PREFIX}new", temporary / f"{PREFIX}old"
    new.mkdir()
    old.mkdir()
    os.utime(old, (0, new.stat().st_mtime - MIN_UNOWNED_SECONDS - 60))
    (temporary / f"{PREFIX}file").touch()
    (temporary / f"{PREFIX}link").symlink_to(new)
    (temporary / "other").mkdir()
    with exchange_folder() as folder:
        remove_leftovers()
        assert folder.path.exists()
    assert {path.name.removeprefix(PREFIX) for path in temporary.iterdir()} == {"new", "file", "link", "other"}
