"""The standard streams, made fit to print to whatever the program was started with. Knows not what is printed."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


def prepare() -> None:
    """Open what is closed, and show a question mark for what an encoding such as ASCII lacks.

    The first file to be opened would take the number of a closed stream, and what a C library prints would land in it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  lasts as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def discard_output(stream: TextIO) -> None:
    """Print there no more: what could not be written would be tried again, and complained of, when Python ends."""
    with suppress(OSError, ValueError):
        number = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
        stream.flush()


@contextmanager
def redirect_to_log(log: Path) -> Iterator[TextIO]:
    """What is printed while it lasts, by C libraries too, goes to the end of a file; yields the way to stdout."""
    saved = [os.dup(number) for number in (0, 1, 2)]
    try:
        _redirect(os.open(os.devnull, os.O_RDONLY), 0)
        _redirect(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), 1, 2)
        with open(saved[1], "w", encoding="utf-8", errors="replace", buffering=1, closefd=False) as stdout:
            yield stdout
    finally:
        for number, descriptor in enumerate(saved):
            _redirect(descriptor, number)


def _redirect(descriptor: int, *numbers: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    for number in numbers:
        os.dup2(descriptor, number)
    os.close(descriptor)
