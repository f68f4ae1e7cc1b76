"""Run the command `riptui`, in this process or in its own, and check its output."""

import io
import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from riptui.cli import main

with (
    redirect_stdout(io.StringIO()),
    redirect_stderr(io.StringIO()),
):  # its consoles keep the colours of the stream that they are made on
    import_module("riptui.cli.console")

PATIENCE = 60  # seconds; a command that takes longer hangs

RICH = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K|\r")
"""What Rich sends to a terminal: colours, the cursor hidden and shown, one line up, a line erased."""

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "riptui"]


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    def require_one_line(self, *words: str) -> None:
        """Fail unless there is exactly one line of error, with these words: no output, no traceback."""
        assert self.out == ""
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1
        for word in words:
            assert word in self.err


class Stream(io.TextIOWrapper):
    """A stand-in for stdout or stderr."""

    def __init__(self, *, terminal: bool) -> None:
        self._bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self._bytes, encoding="utf-8", newline="", write_through=True)

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self._bytes.getvalue().decode()


def riptui(*argv: str | Path, terminal: bool = False) -> Outcome:
    """Run the command in this process. Exceptions reach the caller."""
    out, err = Stream(terminal=terminal), Stream(terminal=terminal)
    with redirect_stdout(out), redirect_stderr(err):
        code = main([os.fspath(one) for one in argv])
    return Outcome(code, out.text, err.text)


@contextmanager
def started(*argv: str | Path, command: list[str] = COMMAND, **given: Any) -> Iterator[subprocess.Popen[str]]:
    """Start the command in its own process, which is killed when the context ends."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    words = [*command, *(os.fspath(word) for word in argv)]
    process = subprocess.Popen(words, text=True, **{**pipes, "env": environment(), **given})
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finished(process: subprocess.Popen[str], patience: float = PATIENCE) -> Outcome:
    out, err = process.communicate(timeout=patience)
    return Outcome(process.returncode, out or "", err or "")


def spawned(*argv: str | Path, **given: Any) -> Outcome:
    """Run the command in its own process and wait for its end."""
    with started(*argv, **given) as process:
        return finished(process)


def wait_until(condition: Callable[[], object], patience: float = PATIENCE, *, interval: float = 0.01) -> None:
    """Check the condition every `interval` seconds until it holds; fail after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"still false after {patience:g} s"
        time.sleep(interval)


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with changes; None removes a variable. Python's own settings are left out, except that
    the checkout comes first: a command that a test starts is the one that the test is of.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RIPTUI", "COL", "LC_"))
    }
    settled = {**kept, "PYTHONPATH": str(ROOT), "RIPTUI_OFFLINE": "1", "OMP_NUM_THREADS": "1", **changes}
    return {name: value for name, value in settled.items() if value is not None}


def require_harmless(outcome: Outcome, *, terminal: bool = False) -> None:
    """Fail if the output has a control, bidi, invisible or half character other than line ends and Rich's own."""
    for text in outcome[1:]:
        shown = RICH.sub("", text) if terminal else text
        raw = {c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}}
        assert raw == set(), shown
        assert "Traceback" not in shown
