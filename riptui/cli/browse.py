"""`riptui browse`, which is what `riptui` alone means."""

from pathlib import Path

import rich_click as click

from riptui.cli import has_terminal, open_app
from riptui.settings import load_settings


def browse(runs: Path, select: str, graphics: str | None) -> int:
    if not has_terminal():
        raise click.UsageError(
            "the app needs a terminal (stdin, stdout and stderr); without one, use riptui ls, riptui show or riptui run"
        )

    return open_app(runs, load_settings(), select=select, graphics=graphics)
