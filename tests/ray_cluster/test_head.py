"""The head of a Ray cluster dies under a study, and the study goes on with the command that was told."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from riptui.ray_cluster import head_watch
from riptui.store.trajectory import Status
from tests.ray_cluster.test_study import COMMAND, ROOT, STORE, Written, ray, written
from tests.support.command import environment, finished, started, wait_until
from tests.support.study_runs import all_of, rows

__all__ = ["written"]


IMPATIENT = [
    *COMMAND[:2],
    f"from riptui.ray_cluster import head_watch; head_watch.MAX_SILENT_SECONDS = 3.0; {COMMAND[2]}",
]
"""The command `riptui`, which gives up a head after three seconds."""


class Head:
    """`ray start --head` on a port of its own, with all of its files in a temporary folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="head-"))  # sockets are in it, whose names must be short
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def start(self) -> None:
        options = [
            "--num-cpus=2",
            "--include-dashboard=false",
            f"--object-store-memory={STORE}",
            "--disable-usage-stats",
        ]
        place = [f"--port={self.port}", f"--temp-dir={self.folder}", "--node-ip-address=127.0.0.1"]
        command = [str(Path(sys.executable).with_name("ray")), "start", "--head", *place, *options]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def kill(self) -> None:
        """All processes of the head: none has a chance to say farewell."""
        for pid in self._processes():
            os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        self.kill()
        wait_until(lambda: not self._processes())
        shutil.rmtree(self.folder, ignore_errors=True)

    def _processes(self) -> list[int]:
        """Those of the head, and the actors, which it started."""
        listed = subprocess.run(["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        table = [line.split(None, 2) for line in listed.splitlines()]
        found = {int(pid) for pid, _, *args in table if args and str(self.folder) in args[0]}
        return [*found, *(int(pid) for pid, parent, *_ in table if int(parent) in found)]


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[Head]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    started = Head()
    try:
        started.start()
        yield started
    finally:
        started.end()


def study(file: Path, *more: str) -> Any:
    environ = environment(RIPTUI_IDLE="0", PYTHONPATH=str(ROOT))
    return started("study", "run", file, *more, command=IMPATIENT, env=environ, cwd=ROOT)


@ray
@pytest.mark.exhaustive
def test_a_head_that_dies_is_told_with_the_command_that_goes_on(head: Head, written: Written, tmp_path: Path) -> None:
    file, runs = written(0.3), tmp_path / "runs"
    given = ["--ray", f"127.0.0.1:{head.port}", "--ray-cpus", "1", "--workers", "2"]
    with study(file, *given) as process:
        wait_until(lambda: rows(runs) > 4)
        head.kill()
        outcome = finished(process)
    assert outcome.code == 1
    assert "Traceback" not in outcome.err
    told = outcome.err.splitlines()[-1]
    found = re.search(r"the head of the Ray cluster at \S+ is gone.*then continue with: (?P<command>riptui .*)$", told)
    assert found
    before = {place: one.read_rows() for place, one in all_of(runs).items()}
    head.start()
    words = shlex.split(found["command"])
    assert words[:3] == ["riptui", "study", "run"]
    with study(file, *words[4:]) as process:
        assert finished(process).code == 0
    for place, one in all_of(runs).items():
        assert one.read_status() == Status.DONE
        assert one.read_rows()[: len(before[place])] == before[place]


def test_the_wait_for_a_head_is_shorter_than_that_of_ray() -> None:
    assert head_watch.MAX_SILENT_SECONDS + head_watch.ANSWER_SECONDS < 50
