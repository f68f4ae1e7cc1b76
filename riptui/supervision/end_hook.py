"""A command that tells people how work ended: ntfy, mail, Slack. It runs beside the work and does not delay it.

The command is split into words as a shell would, and never given to one; in each word, $RIPTUI_... is replaced.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from string import Template
from threading import Event as ThreadEvent
from threading import Thread
from typing import Literal, Self

from riptui.errors import InputError, RiptuiError
from riptui.events import Ended, Event, Failed
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

HOOK_SECONDS = 60.0  # seconds that one run of the command may take
LAST_LINE_SECONDS = 0.5  # seconds that what a command printed last has to arrive after its end
TAIL_BYTES = 2**16  # bytes of what it prints that are kept, and read at a time
READ_PAUSE_SECONDS = 0.001
MAX_MESSAGE = 10_000  # characters; the kernel takes 128 KiB per variable
CLOSE_SECONDS = 90.0  # seconds that the end of the work waits for the last runs

Occasion = Literal["trajectory-done", "trajectory-failed", "study-done", "study-failed", "worker-died"]


def split_command(command: str) -> list[str]:
    """The words of a command. Raises InputError if there are none, a quote is open, or the program does not exist."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"the command {command!r} for the end cannot be split into words: {error}") from error
    if not words:
        raise InputError(
            "the command for the end is empty: give one such as 'mail -s \"$RIPTUI_MESSAGE\" me@example.org'"
        )
    if shutil.which(words[0]) is None:
        raise InputError(f"the command for the end does not exist: {words[0]!r}; give a program in $PATH or its path")
    return words


class EndHook:
    """A context. report: called with a line about each run that failed. Leaving it waits for the last runs.

    command: "" does nothing. Raises InputError.
    """

    def __init__(self, command: str, runs: Path, report: Callable[[str], None]) -> None:
        self._words = split_command(command) if command else []
        self._runs = runs
        self._report = report
        self._queue: SimpleQueue[dict[str, str] | None] = SimpleQueue()
        self._closing = ThreadEvent()
        self._thread = Thread(target=self._run_all, name="end hook", daemon=True)

    def __enter__(self) -> Self:
        if self._words:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._words:
            self._queue.put(None)
            self._thread.join(CLOSE_SECONDS)
            if self._thread.is_alive():
                self._closing.set()
                self._report(f"the command for the end had more to tell after {CLOSE_SECONDS:.0f} s; it was left out")

    def tell_event(self, trajectory: Trajectory, event: Event) -> None:
        """Tell the end of a trajectory. Other events, also that it was paused or stopped, are not told."""
        name = "/".join(trajectory.path.parts[-2:])
        if isinstance(event, Failed):
            text = f"{name} failed: {event.error}"
            self.tell("trajectory-failed", text, RIPTUI_PATH=trajectory.path, RIPTUI_ERROR=event.error)
        elif isinstance(event, Ended) and event.done:
            text = f"{name} is done: {event.k} iterations"
            self.tell("trajectory-done", text, RIPTUI_PATH=trajectory.path)

    def tell_study(self, file: Path, statuses: Mapping[str, int]) -> None:
        """Tell the end of a study. statuses: the number of its trajectories by status."""
        has_failed = any(statuses.get(status) for status in ("failed", "skipped", "missing"))
        counts = ", ".join(f"{count:,} {status}" for status, count in statuses.items())
        occasion: Occasion = "study-failed" if has_failed else "study-done"
        self.tell(occasion, f"study {file.stem} has ended: {counts}", RIPTUI_PATH=file)

    @contextmanager
    def study_errors_told(self, file: Path) -> Iterator[None]:
        """Tell an error of riptui's that ends a study, and let it pass."""
        try:
            yield
        except RiptuiError as error:
            self.tell("study-failed", f"study {file.stem}: {error}", RIPTUI_PATH=file, RIPTUI_ERROR=error)
            raise

    def tell_deaths(self, deaths: Sequence[str]) -> None:
        """Tell that workers died, a text each."""
        for text in deaths:
            self.tell("worker-died", text, RIPTUI_ERROR=text)

    def tell(self, occasion: Occasion, message: str, **variables: object) -> None:
        """Queue a run of the command; return at once."""
        if not self._words:
            return
        text = printable(f"riptui: {message}")[:MAX_MESSAGE]
        values = {
            "RIPTUI_EVENT": occasion,
            "RIPTUI_MESSAGE": text,
            "RIPTUI_MESSAGE_JSON": json.dumps(text),
            "RIPTUI_RUNS": os.path.realpath(self._runs),
            "RIPTUI_HOST": socket.gethostname(),
            "RIPTUI_PATH": "",
            "RIPTUI_ERROR": "",
        }
        self._queue.put(values | {name: printable(str(value))[:MAX_MESSAGE] for name, value in variables.items()})

    def _run_all(self) -> None:
        while not self._closing.is_set():
            with suppress(Empty):
                variables = self._queue.get(timeout=1.0)
                if variables is None:
                    return
                if problem := run_hook(self._words, variables):
                    self._report(f"the command for the end failed ({variables['RIPTUI_EVENT']}): {problem}")


def run_hook(words: list[str], variables: Mapping[str, str]) -> str:
    """Run a command with variables in its environment and its words, and the message as its input.

    Returns why it failed; "" if it did not.
    """
    argv = [Template(word).safe_substitute(variables) for word in words]
    try:
        process = subprocess.Popen(
            argv,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"{argv[0]}: {getattr(error, 'strerror', None) or error}"
    conversation = _Conversation(process, f"{variables['RIPTUI_MESSAGE']}\n".encode(errors="replace"))
    try:
        code = process.wait(HOOK_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # in a driver that hangs, it is not over yet
            process.wait(LAST_LINE_SECONDS)
        return f"{argv[0]} was ended after {HOOK_SECONDS:.0f} s"
    return f"{argv[0]} exited with {code}: {conversation.read_last_line()}" if code else ""


class _Conversation:
    """Gives a process the message, and reads all that it prints, for it would wait otherwise; keeps the end of it.

    A process that the command leaves in the background may keep the pipe open, and is not waited for.
    """

    def __init__(self, process: subprocess.Popen[bytes], message: bytes) -> None:
        self._process, self._message = process, message
        self._tail = b""
        self._threads = [Thread(target=call, name="end hook", daemon=True) for call in (self._write, self._read)]
        for thread in self._threads:
            thread.start()

    def read_last_line(self) -> str:
        for thread in self._threads:
            thread.join(LAST_LINE_SECONDS)
        return printable(self._tail.decode(errors="replace").strip().rpartition("\n")[2])[:200]

    def _write(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError), self._process.stdin as stdin:  # it may not read it
            stdin.write(self._message)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError), self._process.stdout as stdout:
            while data := os.read(stdout.fileno(), TAIL_BYTES):
                self._tail = (self._tail + data)[-TAIL_BYTES:]
                time.sleep(READ_PAUSE_SECONDS)  # one that prints without end takes no time from the work
