"""What the commands print. Text from disk goes through `printable` here or where it is put into a line."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from riptui.terminal import printable

out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, markup=False, emoji=False, stderr=True)
err.soft_wrap = not err.is_terminal  # one line a message in a log; whole words on a terminal


def say(text: str | Text, style: str = "") -> None:
    """A line for people, on stdout."""
    out.print(Text(printable(text), style) if isinstance(text, str) else text)


def note(text: str) -> None:
    """A line for people beside the output, on stderr."""
    err.print(Text(printable(text), "yellow"))


def complain(text: str, hint: str = "") -> None:
    """An error, in one line, and what to do."""
    err.print(Text.assemble(("error: ", "bold red"), printable(text), (f"  ({hint})" if hint else "", "dim")))


def shown(path: Path) -> str:
    """A path as short as it can be typed here: relative below the current folder, else whole. Not yet printable."""
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)


def rendered(text: str, style: str) -> str:
    """Text with the terminal's codes for a style; bare where there is no terminal."""
    with out.capture() as capture:
        out.print(Text(text, style), end="")
    return capture.get()


def emit(value: Any) -> None:
    """A JSON value on a line of its own, in ASCII: harmless on a terminal too."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
    sys.stdout.flush()
