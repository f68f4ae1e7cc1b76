"""Processes forked from one that has imported what they need, for tests that start many of them.

What is tested must not be the start: a forked process is killed, fails and ends like any other, but it takes over the
imported modules and the interpreter's flags instead of reading them anew.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from riptui.supervision import client


class ForkedProcess:
    """As `subprocess.Popen`, so far as the tests and `riptui.supervision.client` use it."""

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises TimeoutError."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise TimeoutError(f"process {self.pid} runs still after {timeout:g} s")
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


class ForkServer:
    """A process that has imported these modules, or soon has, and forks on demand."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno()), *modules]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def start(
        self, target: str, arguments: Sequence[str], *, out: int, err: int, new_session: bool = False
    ) -> ForkedProcess:
        """Call "module:function" with the arguments in a new process, in this one's environment and folder.

        What it returns is the exit code. out, err: descriptors for its output.
        """
        told, tells = os.pipe()
        request = json.dumps([target, [*arguments], dict(os.environ), str(Path.cwd()), new_session])
        socket.send_fds(self._socket, [request.encode()], [tells, out, err])
        os.close(tells)
        return ForkedProcess(told)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


@contextmanager
def fork_server(*modules: str) -> Iterator[ForkServer]:
    server = ForkServer(modules)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def forked_workers(*modules: str) -> Iterator[None]:
    """The workers that this process starts in the context have imported these modules already."""

    def started(command: Sequence[str], *, stdin: int, stdout: Any, stderr: Any, start_new_session: bool) -> Any:
        words = command[len(client.COMMAND) :]
        out, err = stdout.fileno(), stderr.fileno()
        return server.start("riptui.cli:main", words, out=out, err=err, new_session=start_new_session)

    with fork_server(*modules) as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr(client, "subprocess", SimpleNamespace(Popen=started, DEVNULL=subprocess.DEVNULL))
        yield


# --- in the server


def serve(requests: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # its children are not waited for
    while True:
        request, descriptors, *_ = socket.recv_fds(requests, 2**20, 3)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            supervise(request, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def supervise(request: bytes, tells: int, out: int, err: int) -> None:
    """Fork once more and tell the process's id and its exit code. Only the forked process returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if pid := os.fork():
        for descriptor in (out, err):
            os.close(descriptor)
        os.write(tells, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(tells, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(tells)
    for descriptor, number in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    run(*json.loads(request))


def run(target: str, arguments: list[str], environ: dict[str, str], folder: str, new_session: bool) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    if new_session:
        os.setsid()
    module, _, name = target.partition(":")
    sys.exit(getattr(import_module(module), name)(arguments))


if __name__ == "__main__":
    for name in sys.argv[2:]:
        import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
