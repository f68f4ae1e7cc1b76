"""Say that a file system does not answer: a command waits for it inside a system call, and could not say so itself."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

LOOK_SECONDS = 5.0  # seconds until the first look, and between two
PATIENCE_SECONDS = 10.0  # seconds that a file system has to answer; a disk that sleeps needs fewer

_running: list[Event] = []
"""Each is set when nothing more is to be said: the command has ended, or the app has the screen."""


@contextmanager
def watch_for_stalls(argv: Iterable[str]) -> Iterator[None]:
    """While the context lasts, and until `end_stall_watch`, look at what a command may wait for. argv: its words."""
    over = Event()
    _running.append(over)
    Thread(target=_watch, args=[[*argv], over], daemon=True, name="stall watch").start()
    try:
        yield
    finally:
        over.set()
        _running.remove(over)


def end_stall_watch() -> None:
    for over in _running:
        over.set()


def _watch(argv: list[str], over: Event) -> None:
    while not over.wait(LOOK_SECONDS):
        for path in list_places(argv):
            if not _answers(path) and not over.is_set():
                from riptui.text.terminal import printable

                sys.stderr.write(
                    f"{printable(path)}: the file system has not answered for {PATIENCE_SECONDS:.0f} s, and riptui "
                    f"waits for it. If Ctrl-C does not end it: kill -9 {os.getpid()}\n"
                )
                sys.stderr.flush()
                return


def list_places(argv: Iterable[str]) -> Iterator[str]:
    """What a command may use: the words that can be paths, the working folder, and the runs folder of the settings."""
    words = (word.partition("=")[2] if word.startswith("--") else word for word in argv)
    yield from dict.fromkeys([*(word for word in words if word and word[0] != "-"), "."])
    from riptui.settings import load_settings  # not before: a command starts in tens of milliseconds

    yield str(load_settings().settings.runs)


def _answers(path: str) -> bool:
    answered = Event()

    def ask() -> None:
        with suppress(OSError, ValueError):
            Path(path).stat()
        answered.set()

    Thread(target=ask, daemon=True, name="stall probe").start()
    return answered.wait(PATIENCE_SECONDS)
