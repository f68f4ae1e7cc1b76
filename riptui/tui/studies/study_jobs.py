"""The processes that compute a study or write its report, for as long as the app is open.

The first kind outlives the app, the second ends with it: a report is written whole or not at all.
"""

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shlex import quote
from threading import Lock, Thread

import msgspec

from riptui.errors import RiptuiError, WorkerError
from riptui.supervision import client
from riptui.supervision.study_process import read_log, start_study

MAX_ERROR_CHARACTERS = 300


class ReportProgress(msgspec.Struct, frozen=True):
    """A line of `riptui study report --display json`."""

    event: str
    stage: str = "starting"
    done: int = 0
    total: int = 0

    def describe(self) -> str:
        return f"{self.stage} {self.done:,} of {self.total:,}" if self.total else self.stage


class StudyJobs:
    """What was started from this app. For the UI thread, but for the threads that wait."""

    def __init__(self, runs: Path, notify: Callable[..., object]) -> None:
        """notify: shows a toast, as `App.notify`; called in any thread, with a text that need not be printable."""
        self._runs = runs
        self._notify = notify
        self._lock = Lock()
        self._computing: set[Path] = set()
        self._halted: set[Path] = set()
        self._reports: dict[Path, subprocess.Popen[str]] = {}
        self._progress: dict[Path, ReportProgress] = {}

    def compute(self, file: Path) -> None:
        """Compute a study in the background; not for the UI thread. Raises HeldError if it is computed by such a
        process already; WorkerError, DiskError.
        """
        process = start_study(file, self._runs)
        with self._lock:
            self._computing.add(file)
            self._halted.discard(file)
        Thread(target=self._await_computing, args=[file, process], daemon=True, name="study").start()

    def expect_end(self, file: Path) -> None:
        """The process that computes a study has nothing left to do now: its end is no news."""
        with self._lock:
            self._halted.add(file)

    def _await_computing(self, file: Path, process: "subprocess.Popen[bytes]") -> None:
        code = process.wait()
        with self._lock:
            self._computing.discard(file)
            expected = file in self._halted
        if expected and not code:
            return
        text = ""
        with suppress(RiptuiError):
            text = (read_log(file).strip().splitlines() or [""])[-1].removeprefix("error: ")
        self._notify(f"study {file.stem}: {text}", severity="error" if code else "information", timeout=10)

    def write_report(self, file: Path) -> None:
        """Write the report of a study, if that is not being done. Raises WorkerError."""
        if file in self._reports:
            return
        command = [*client.COMMAND, "study", "report", str(file), "--display", "json"]
        environment = os.environ | {"RIPTUI_RUNS": str(self._runs.absolute())}
        quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
        try:
            process = subprocess.Popen(
                command, stdin=quiet, stdout=pipe, stderr=pipe, text=True, errors="replace", env=environment
            )
        except OSError as error:
            raise WorkerError(f"could not start riptui study report: {error.strerror}") from error
        self._reports[file] = process
        self._progress[file] = ReportProgress("progress")
        Thread(target=self._await_report, args=[file, process], daemon=True, name="report").start()

    def _await_report(self, file: Path, process: "subprocess.Popen[str]") -> None:
        with process:
            for line in process.stdout or ():
                with suppress(msgspec.DecodeError):
                    self._progress[file] = msgspec.json.decode(line, type=ReportProgress)
            errors = process.stderr.read().strip() if process.stderr else ""
        if self._reports.pop(file, None) is None:  # it was cancelled
            return
        if process.returncode:
            problem = errors.rpartition("error: ")[2][-MAX_ERROR_CHARACTERS:] or f"exit code {process.returncode}"
            self._notify(f"the report of {file.stem} was not written: {problem}", severity="error", timeout=10)
        else:
            self._notify(f"the report of {file.stem} is written")

    def report_progress(self, file: Path) -> ReportProgress | None:
        """How far the report of a study is; None if none is being written."""
        return self._progress.get(file) if file in self._reports else None

    def cancel_report(self, file: Path) -> None:
        """End the writing of a report; an earlier one stays as it is."""
        if process := self._reports.pop(file, None):
            process.terminate()

    def close(self) -> list[str]:
        """End what does not outlive the app; return lines on what keeps running and what ended, unsafe to print."""
        with self._lock:
            computing = sorted(self._computing)
        lines = []
        for file in computing:
            name = _quote(file)
            lines.append(f"study {file.stem} goes on in the background; its progress: riptui study status {name}")
            lines.append(f"  pause it: riptui study pause {name}    stop it: riptui study stop {name}")
        for file in [*self._reports]:
            self.cancel_report(file)
            lines.append(f"the report of {file.stem} was not finished: riptui study report {_quote(file)}")
        return lines


def _quote(file: Path) -> str:
    with suppress(OSError):
        return quote(str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file))
    return quote(str(file))
