"""Which process is a worker: the kernel says so, not a file."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from riptui.store.disk import Folder
from riptui.store.lock import LOCK_FILE, FolderLock, probe_lock
from riptui.store.worker_process import holds_lock, process_place, signal_holder, start_ticks
from tests.support.command import wait_until

HOLD = (
    "import fcntl, sys; file = open(sys.argv[1], 'a'); fcntl.flock(file, int(sys.argv[2])); print('held', flush=True)"
)
WAIT = "; sys.stdin.read()"


@contextmanager
def holding(folder: Path, how: int = 2) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a folder's lock: exclusively (2) or shared (1)."""
    command = [sys.executable, "-c", HOLD + WAIT, str(folder / LOCK_FILE), str(how)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_process_is_known_by_its_place_and_its_start() -> None:
    assert process_place() == process_place() != ""
    assert start_ticks() == start_ticks(os.getpid()) > 0
    assert start_ticks(2**22 + 1) == 0


def test_only_the_holder_of_the_lock_is_signalled(tmp_path: Path) -> None:
    with holding(tmp_path) as holder:
        for innocent in (os.getpid(), os.getppid(), 2**22 + 1, 0, -1, 1):
            assert not signal_holder(tmp_path, innocent, signal.SIGTERM)
        assert holds_lock(holder.pid, tmp_path)
        assert not signal_holder(tmp_path, holder.pid, signal.SIGTERM, started=start_ticks(holder.pid) - 1)
        assert holder.poll() is None
        assert signal_holder(tmp_path, holder.pid, signal.SIGTERM, started=start_ticks(holder.pid))
        assert holder.wait() == -signal.SIGTERM
        wait_until(lambda: not probe_lock(tmp_path)[0])
        assert not holds_lock(holder.pid, tmp_path)


def test_who_only_reads_the_lock_does_not_hold_it(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).touch()
    with holding(tmp_path, how=1) as reader:
        assert not holds_lock(reader.pid, tmp_path)


def test_a_lock_that_is_a_link_to_a_strangers_proves_nothing(tmp_path: Path) -> None:
    strangers, forged, linked = tmp_path / "strangers", tmp_path / "forged", tmp_path / "linked"
    for folder in (strangers, forged, linked):
        folder.mkdir()
    with holding(strangers) as stranger:
        (forged / LOCK_FILE).symlink_to(strangers / LOCK_FILE)
        assert not holds_lock(stranger.pid, forged)
        os.link(strangers / LOCK_FILE, linked / LOCK_FILE)
        assert not holds_lock(stranger.pid, linked)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs a PID namespace")
def test_another_container_is_another_place_and_sees_no_pid_of_ours(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from riptui.store.worker_process import *; "
        "print(process_place(), start_ticks() > 0, holds_lock(int(sys.argv[1]), Path(sys.argv[2])), os.getpid())"
    )
    with Folder(tmp_path) as folder, FolderLock(folder):
        for mount in ([], ["--mount-proc"]):
            command = [
                "unshare",
                "--pid",
                "--fork",
                *mount,
                sys.executable,
                "-c",
                code,
                str(os.getpid()),
                str(tmp_path),
            ]
            outcome = subprocess.run(command, capture_output=True, text=True, check=False)
            if "unshare" in outcome.stderr:
                pytest.skip(outcome.stderr)
            *place, has_start, holds, pid = outcome.stdout.split()
            assert " ".join(place) != process_place()
            assert (has_start, holds, pid) == ("True", "False", "1"), outcome.stderr
