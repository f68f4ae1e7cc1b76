"""A host of its own on this machine: its own name and its own process ids (UTS and PID namespaces). Needs root."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from riptui.store.worker_process import process_place

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWPID = 0x00020000, 0x04000000, 0x20000000


class PretendHost:
    """The process that is process 1 there. When it is killed, everything that runs there dies at once."""

    def __init__(self, pid: int, done: int) -> None:
        self._process, self._done = os.pidfd_open(pid), done

    def kill(self) -> None:
        """As a power cut does."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        select.select([self._process], [], [])

    def close(self) -> None:
        self.kill()
        os.close(self._process)
        os.close(self._done)

    def wait(self) -> None:
        """Wait until everything there is over. Fail if something raised, or a stranger's process had a signal."""
        told = os.read(self._done, 2**16).decode()
        assert told == "done", told


@contextmanager
def pretend_host(name: str, *tasks: Callable[[], object], strangers: int = 0) -> Iterator[PretendHost]:
    """Start a host, where each task has a process of its own.

    strangers: so many processes that must get no signal have the lowest pids there.
    """
    started, done = os.pipe(), os.pipe()
    between = os.fork()  # only a child of a process is in its new PID namespace
    if between == 0:
        _start(name, tasks, strangers, started[1], done[1])
    os.waitpid(between, 0)
    for end in (started[1], done[1]):
        os.close(end)
    with os.fdopen(started[0]) as told:
        answer = told.read()
    if not answer.isdigit():
        pytest.skip(f"no new host: {answer}")
    host = PretendHost(int(answer), done[0])
    try:
        yield host
    finally:
        host.close()


def _start(name: str, tasks: tuple[Callable[[], object], ...], strangers: int, started: int, done: int) -> None:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID):
            raise OSError(ctypes.get_errno(), "unshare")
        child = os.fork()
    except OSError as error:
        os.write(started, str(error).encode())
        os._exit(0)
    if child:
        os.write(started, str(child).encode())
        os._exit(0)
    os.close(started)
    answer = "done"
    try:
        _run(name, tasks, strangers)
    except BaseException:
        answer = traceback.format_exc()
    os.write(done, answer.encode())
    os._exit(0)


def _run(name: str, tasks: tuple[Callable[[], object], ...], strangers: int) -> None:
    """What process 1 of the host does."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    socket.sethostname(name)
    process_place.cache_clear()
    waiting = [_fork(signal.pause) for _ in range(strangers)]
    codes = {pid: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in [_fork(task) for task in tasks]}
    assert not any(codes.values()), codes
    for pid in waiting:
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), f"a stranger's process {pid} was signalled"


def _fork(task: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            task()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child
