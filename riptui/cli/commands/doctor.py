"""`riptui doctor`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option
from riptui.cli.values import complete_folders


@command("riptui.cli.doctor:doctor")
@click.argument(
    "folder",
    metavar="[RUNS]",
    required=False,
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
@runs_option
@json_option
def doctor() -> None:
    """Check Python, packages, terminal, GPU, weights and disk: print what works, and how to fix what does not.

    In the runs folder it tries fsync of files and folders, rename, permissions, and locks between two processes.

    Exit code 1 if something that riptui needs does not work.
    """
