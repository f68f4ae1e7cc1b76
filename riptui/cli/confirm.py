"""Ask before something that many would regret."""

import sys

import rich_click as click

from riptui.cli.console import warn
from riptui.text.terminal import printable


def confirm(question: str, *, refused: str) -> bool:
    """Whether the person at the terminal says yes; `refused` is printed if not.

    Raises click.UsageError where nobody can be asked.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(f"{question} Nobody can answer here: give --yes")
    agreed = click.confirm(printable(question), err=True)
    if not agreed:
        warn(refused)
    return agreed
