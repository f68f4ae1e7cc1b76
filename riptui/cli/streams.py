"""The standard streams, made safe to use however the program was started. Knows nothing of what is printed."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


def prepare() -> None:
    """Open closed streams on /dev/null, and print "?" for characters that the encoding lacks.

    Otherwise the first file opened would get a closed stream's number, and a C library's output would land in it.
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
    """Redirect a stream to /dev/null: Python would try to flush what was not written, and complain, when it exits."""
    with suppress(OSError, ValueError):
        number = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
        stream.flush()


@contextmanager
def redirect_to_log(log: int) -> Iterator[TextIO]:
    """Send all output, that of C libraries too, to an open file, which is closed; yields the former stdout."""
    saved = [os.dup(number) for number in (0, 1, 2)]
    try:
        _redirect(os.open(os.devnull, os.O_RDONLY), 0)
        _redirect(log, 1, 2)
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
