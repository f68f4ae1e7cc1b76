"""File systems that cannot do everything, and file servers that do not answer: told, with what to do."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from riptui import open_runs
from riptui.errors import DiskError
from riptui.store import listing
from riptui.store.disk import Folder
from riptui.store.disk_errors import explain_errors
from riptui.store.trajectory import Status
from riptui.store.worker_registry import workers_folder
from riptui.tui.runs.scanner import RunsScanner
from tests.support.command import riptui
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


@pytest.fixture
def locked_group(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A runs folder with a trajectory, beside a group that may not be listed."""
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        list(run_trajectory(make_trajectory(f"seen/m64-s{seed}", seed=seed, amount=25, metrics=("psnr",))))
    make_trajectory("secret/b")
    refuse_listing(monkeypatch, "secret")
    return "runs/secret"


def refuse_listing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    scandir = os.scandir

    def scan(path: Any) -> Any:
        if not isinstance(path, int) and Path(path).name == name:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return scandir(path)

    monkeypatch.setattr(listing.os, "scandir", scan)


@pytest.mark.parametrize(
    "command",
    [
        "ls",
        "queue ls",
        "check",
        "results --metric psnr",
        "resume",
        "collapse",
        "diversity",
        "chart -o c.svg",
        "sheet -o s.png",
    ],
)
def test_a_folder_that_cannot_be_listed_is_told_and_the_outcome_is_1(command: str, locked_group: str) -> None:
    if "-o" in command:
        pytest.importorskip("matplotlib", reason="needs riptui[report]")
    outcome = riptui(*command.split(), "runs")
    assert "left out, cannot be listed: " in outcome.err
    assert f"{locked_group}: the file server no longer knows" in outcome.err
    assert "error: " not in outcome.err
    assert outcome.code == 1


@pytest.mark.slow
def test_a_report_without_a_folder_that_cannot_be_listed_ends_with_1(locked_group: str) -> None:
    pytest.importorskip("matplotlib", reason="needs riptui[report]")
    outcome = riptui("report", "runs", "-o", "report")
    assert f"cannot be listed: {locked_group}: the file server no longer knows" in outcome.err
    assert outcome.code == 1
    assert Path("report/report.md").is_file()


def test_without_a_folder_that_can_be_listed_there_are_not_no_trajectories(
    locked_group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_listing(monkeypatch, "seen")
    outcome = riptui("ls", "runs")
    assert outcome.code == 1
    assert "no trajectories" not in outcome.err
    for command in (("check",), ("results",), ("report", "--out", "report")):
        assert "mount the file system again" in riptui(*command, "runs").err


def test_the_app_is_told_of_folders_that_cannot_be_listed_once(locked_group: str) -> None:
    scanner = RunsScanner(Path("runs"))
    unlisted = [scan.unlisted for scan in scanner.scan() if scan.unlisted is not None]
    assert [error.split(":")[0] for (error,) in unlisted] == [locked_group]
    assert [scan.unlisted for scan in scanner.scan() if scan.unlisted is not None] == []


def test_python_is_told_of_folders_that_cannot_be_listed(locked_group: str) -> None:
    with pytest.warns(UserWarning, match=rf"trajectories may be missing: {locked_group}: the file server") as warned:
        assert [*open_runs("runs")] == ["seen/m64-s0", "seen/m64-s1"]
    assert [warning.filename for warning in warned] == [__file__]


def refuse_stat(monkeypatch: pytest.MonkeyPatch, below: Path) -> None:
    """Let the file server know nothing of a folder any more, or of what is in it."""
    real, place = os.stat, str(below.resolve())

    def ask(path: Any, *given: Any, **named: Any) -> os.stat_result:
        if not isinstance(path, int) and str(Path(path).absolute()).startswith(place):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return real(path, *given, **named)

    monkeypatch.setattr(os, "stat", ask)


@pytest.mark.parametrize("command", ["resume", "check", "show", "tag", "pause", "measure", "results"])
def test_what_a_file_server_no_longer_knows_is_not_said_not_to_exist(
    command: str, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_trajectory("g/t").path
    refuse_stat(monkeypatch, path)
    outcome = riptui(command, path)
    outcome.require_one_line("the file server no longer knows")
    assert outcome.code == 1


@pytest.mark.parametrize("command", [["ps"], ["ps", "--json"], ["stop", "--worker", "all"]])
@pytest.mark.parametrize("name", ["workers", "worker.json"])
def test_workers_that_cannot_be_read_are_told(
    name: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workers_folder(tmp_path) / "w" / "worker.json").mkdir(parents=True)
    opened = os.open

    def refuse(path: Any, *given: Any, **named: Any) -> int:
        if not isinstance(path, int) and Path(path).name == name:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return opened(path, *given, **named)

    monkeypatch.setattr(os, "open", refuse)
    outcome = riptui(*command, "--runs", tmp_path)
    assert outcome.code == 1
    assert "the file server no longer knows" in outcome.err
    assert "no running workers" not in outcome.out + outcome.err
