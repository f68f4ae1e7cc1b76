"""Progress bars that vanish when they end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from riptui.cli.console import err, out

ShowProgress = Callable[[int, int], None]
"""Called as `show(done, total)`."""


def transient_progress(*columns: ProgressColumn, as_json: bool = False, hidden: bool = False) -> Progress:
    """Bars below the printed lines on a terminal, else on stderr; printed lines stay on stdout.

    `as_json`: what is printed is JSON, beside which there are no bars on a terminal.
    """
    console = out if out.is_terminal else err
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=hidden or (as_json and out.is_terminal) or not console.is_terminal,
        redirect_stdout=False,  # Rich would send it to stderr with the bars
        redirect_stderr=False,
    )


@contextmanager
def named_bars(
    *, as_json: bool, in_percent: bool = False, hidden: bool = False
) -> Iterator[Callable[[str], ShowProgress]]:
    """Bars, each of which is made by its name when it begins: with counts and the time left, or with a percentage."""
    counts = (TaskProgressColumn(),) if in_percent else (MofNCompleteColumn(), TimeRemainingColumn())
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *counts)
    with transient_progress(*columns, as_json=as_json, hidden=hidden) as progress:

        def begin(name: str) -> ShowProgress:
            task = progress.add_task(name, total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield begin


def show_by_stage(begin: Callable[[str], ShowProgress]) -> Callable[[str, int, int], None]:
    """For work that tells its stage as well: a bar for each stage."""
    begin_once = cache(begin)
    return lambda stage, done, total: begin_once(stage)(done, total)
