"""One run of an external program: its output is read, its time is limited, and no process of it is left."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from riptui.errors import InpainterError
from riptui.inpainters.programs.program_guard import MARK, end_marked
from riptui.inpainters.servers.server_place import auth_variable
from riptui.settings.servers import SERVER_NAMES
from riptui.text.terminal import printable

POLL_SECONDS = 0.05
TAIL_BYTES = 2**14  # of its output that are kept
LAST_OUTPUT_SECONDS = 1.0  # that the rest of its output has to arrive after its end
MAX_LINE = 200  # characters of its last line that an error quotes
PROGRESS = re.compile(rb"\b(\d{1,6})/(\d{1,6})\b")
"""As in tqdm's bars: 12/50."""

OnPoll = Callable[[int, int], None]
"""Called as `on_poll(step, steps)` many times a second while the program runs, with the progress that it last printed;
(0, 0) before. It may raise to end the program."""


def run_program(
    argv: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    mark: str,
    seconds: float,
    inherited: Sequence[int] = (),
    on_start: Callable[[int], None] = lambda group: None,
    on_poll: OnPoll = lambda step, steps: None,
) -> str:
    """Run a program to its end; return the end of what it printed, stderr too.

    folder: its current folder. env: added to this process's environment, of which it does not get the credentials of
    servers. mark: by which its processes are found. inherited: open files that it gets. on_start: called with its
    process group. Raises InpainterError if it does not start, takes longer, or fails; the end of its output is a note
    of the error. Whatever happens, afterwards none of its processes runs.
    """
    try:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env={**_environment(), "PYTHONUNBUFFERED": "1", **env, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=inherited,
        )
    except (OSError, ValueError) as error:
        raise InpainterError(f"it does not start: {getattr(error, 'strerror', None) or error}") from error
    output = _OutputReader(process)
    started = time.monotonic()
    try:
        on_start(process.pid)
        while not _has_exited(process):
            if time.monotonic() - started > seconds:
                raise InpainterError(f"it was ended after {seconds:g} s: set a longer timeout if that is not enough")
            on_poll(*output.progress)
            time.sleep(POLL_SECONDS)
    except InpainterError as error:
        _end(process, mark)
        raise with_output(error, output.read_tail()) from error.__cause__
    finally:
        _end(process, mark)
    tail = output.read_tail()
    if process.returncode:
        raise with_output(InpainterError(_describe_exit(process.returncode, tail)), tail)
    on_poll(*output.progress)
    return tail


def _has_exited(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended. It is not reaped, so that its number stays its own until its group is ended."""
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # SIGCHLD is ignored, as whoever started this process chose: the system reaps
        return True


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End its process group, and its processes that have left that, if this was not done yet."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):  # macOS: the group has only an ended process
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        end_marked(mark)


def _environment() -> dict[str, str]:
    """This process's environment without credentials of servers, since what a program prints comes to logs."""
    hidden = set(map(auth_variable, SERVER_NAMES))
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _describe_exit(code: int, tail: str) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"it was killed by {signal.Signals(-code).name}: {last_line(tail)}"
    return f"it exited with {code}: {last_line(tail)}"


def with_output(error: InpainterError, tail: str) -> InpainterError:
    """The error, with the end of what its program printed as a note."""
    if tail.strip():
        error.add_note(f"The end of the program's output:\n{tail}")
    return error


def last_line(tail: str) -> str:
    """The last line that a program printed, on which the reason often is."""
    return (tail.strip().rpartition("\n")[2] or "it printed nothing")[:MAX_LINE]


class _OutputReader:
    """Reads all that a program prints in a thread, so that the program never waits for it; keeps the end.

    A process that lost its mark may keep the pipe open, and is not waited for.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.progress = (0, 0)
        """Step and steps, as it printed them last. The step never goes back."""
        self._process = process
        self._tail = b""
        self._thread = Thread(target=self._read, name="program output", daemon=True)
        self._thread.start()

    def read_tail(self) -> str:
        """The end of what it printed, once it has ended; safe to show, its lines kept."""
        self._thread.join(LAST_OUTPUT_SECONDS)
        text = self._tail.decode(errors="replace").replace("\r", "\n")
        return "\n".join(printable(line) for line in text.split("\n")).strip("\n")

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError), self._process.stdout as stdout:
            while data := os.read(stdout.fileno(), TAIL_BYTES):
                self._tail = (self._tail + data)[-TAIL_BYTES:]
                self._note_progress(data)

    def _note_progress(self, data: bytes) -> None:
        for match in PROGRESS.finditer(data):
            step, steps = int(match[1]), int(match[2])
            if max(1, self.progress[0]) <= step <= steps and steps >= self.progress[1]:
                self.progress = step, steps
