"""Starts commands of riptui quickly: a process that has imported them all, and forks.

`python -m tests.tools.chaos.launcher`: a line of JSON on its standard input starts a command, a line on its standard
output tells a process id, or an exit code. What riptui itself starts in the background is a new interpreter.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

TARGETS = {"riptui": "riptui.cli:main", "app": "tests.tools.chaos.app_calls:run"}
IMPORTED = (
    *("cv2", "skimage.metrics", "skimage.color", "riptui.inpainters.opencv", "riptui.metrics.pixels"),
    *("riptui.engine", "riptui.worker.loop", "riptui.cli.in_process", "riptui.cli.study.run"),
    *(f"riptui.cli.{name}" for name in ("run", "resume", "worker", "check", "measure", "results", "ls", "ps", "logs")),
    *(f"riptui.cli.{name}" for name in ("tag", "note", "export", "pause_and_stop", "follow", "commands")),
)
POLL_SECONDS = 0.02


class LaunchedProcess:
    """As a `subprocess.Popen`, so far as it is used here."""

    def __init__(self, launcher: "Launcher", pid: int) -> None:
        self._launcher, self.pid = launcher, pid

    def poll(self) -> int | None:
        return self._launcher.read_code(self.pid)

    def wait(self, seconds: float) -> int:
        """Its exit code. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(POLL_SECONDS)
        return code


class Launcher:
    """environment, folder: those of the commands."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid = self._process.pid
        self._codes: dict[int, int] = {}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._news = self._process.stdin, self._process.stdout
        self._rest = b""
        select.select([self._news], [], [])  # it has imported everything
        self._read_news()

    def start(self, target: str, words: list[str], output: Path) -> LaunchedProcess:
        """Start a command; target: one of `TARGETS`. output: what it prints goes there."""
        self._requests.write(json.dumps([target, words, str(output)]).encode() + b"\n")
        self._requests.flush()
        while True:
            select.select([self._news], [], [])
            if started := self._read_news():
                return LaunchedProcess(self, started[0])

    def read_code(self, pid: int) -> int | None:
        self._read_news()
        return self._codes.get(pid)

    def close(self) -> None:
        self._requests.close()
        self._process.wait()
        self._news.close()

    def _read_news(self) -> list[int]:
        """Note the exit codes that were told; return the ids of processes that were started."""
        while select.select([self._news], [], [], 0)[0] and (data := os.read(self._news.fileno(), 2**16)):
            self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        news = [json.loads(line) for line in lines]
        self._codes |= {pid: code for kind, pid, code in news if kind == "ended"}
        return [pid for kind, pid, _ in news if kind == "started"]


# --- in the process that forks


def serve() -> None:
    for name in IMPORTED:
        import_module(name)
    tell("ready", os.getpid())
    data = b""
    while True:
        if select.select([0], [], [], POLL_SECONDS)[0]:
            more = os.read(0, 2**16)
            if not more:
                return
            *lines, data = (data + more).split(b"\n")
            for line in lines:
                if (pid := os.fork()) == 0:
                    be_command(*json.loads(line))
                tell("started", pid)
        tell_ends()


def tell_ends() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        tell("ended", pid, os.waitstatus_to_exitcode(status))


def tell(kind: str, pid: int, code: int = 0) -> None:
    os.write(1, json.dumps([kind, pid, code]).encode() + b"\n")


def be_command(target: str, words: list[str], output: str) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for fd, number in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (out, 2)):
        os.dup2(fd, number)
    os.closerange(3, 100)
    module, _, name = TARGETS[target].partition(":")
    sys.exit(getattr(import_module(module), name)(words))


if __name__ == "__main__":
    serve()
