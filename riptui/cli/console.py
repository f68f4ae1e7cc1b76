"""Printing for the commands. Text from disk is made safe with `printable`, here or where a line is built."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.measure import Measurement
from rich.segment import Segments
from rich.text import Text

from riptui.text.terminal import printable
from riptui.text.units import format_count

if TYPE_CHECKING:
    from rich.table import Table


class PipeSafeConsole(Console):
    """A console that raises BrokenPipeError, so that `main` decides."""

    def on_broken_pipe(self) -> None:
        raise


out = PipeSafeConsole(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = PipeSafeConsole(highlight=False, markup=False, emoji=False, stderr=True)
err.soft_wrap = not err.is_terminal  # one line per message in a log, wrapped at words on a terminal

MAX_LEFT_OUT_TOLD = 5


def print_line(text: str | Text, style: str = "") -> None:
    out.print(Text(printable(text), style) if isinstance(text, str) else text)


def print_prose(text: str | Text, style: str = "") -> None:
    """Print a line; on a terminal broken between words, what follows indented by two more than its beginning."""
    line = Text(printable(text), style) if isinstance(text, str) else text
    if not out.is_terminal or line.cell_len <= out.width:
        out.print(line)
        return
    margin = len(line.plain) - len(line.plain.lstrip()) + 2
    first, *rest = line.wrap(out, out.width)
    out.print(first)
    following = Text(" ").join(piece for piece in rest)
    for piece in following.wrap(out, max(20, out.width - margin)) if rest else ():
        out.print(Text(" " * margin) + piece)


def warn(text: str) -> None:
    """Print a warning or a note on stderr."""
    err.print(Text(printable(text), "yellow"))


def warn_left_out(reasons: Sequence[str]) -> None:
    """Warn of what was left out; of many, of the first few and how many more."""
    for reason in reasons[:MAX_LEFT_OUT_TOLD]:
        warn(f"left out, {reason}")
    if (more := len(reasons) - MAX_LEFT_OUT_TOLD) > 0:
        warn(f"left out, {more:,} more; see riptui check")


def warn_left_out_count(reason: str, count: int, noun: str = "trajectory", *, see: str = "") -> None:
    """Warn of how many were left out, if any were; `see`: the commands that help."""
    if count:
        warn(f"left out, {reason}: {format_count(count, noun)}{see and f'; see {see}'}")


def print_error(text: str, hint: str = "") -> None:
    """Print an error and a hint in one line on stderr."""
    err.print(Text.assemble(("error: ", "bold red"), printable(text), (f"  ({hint})" if hint else "", "dim")))


def short_path(path: Path) -> str:
    """The shortest form of a path: relative if it is in the current folder. Not yet printable."""
    try:
        return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
    except FileNotFoundError:  # the current folder was removed
        return str(path)


def print_table(layouts: Iterable[Table]) -> None:
    """Print the first layout of a table that fits the terminal, or the last one; in a file the first always fits."""
    for table in layouts:
        width = Measurement.get(out, out.options.update(max_width=10_000), table).maximum
        if width <= out.width or not out.is_terminal:
            break
    if out.is_terminal:
        out.print(table)
    else:
        out.print(Segments(out.render(table, out.options.update(width=width))), end="")


def render_ansi(text: str, style: str) -> str:
    """Text with the terminal codes of a style; plain where there is no terminal."""
    with out.capture() as capture:
        out.print(Text(text, style), end="")
    return capture.get()


def print_json(value: Any) -> None:
    """Print a JSON value on one line, in ASCII, which is safe on a terminal too."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
    sys.stdout.flush()
