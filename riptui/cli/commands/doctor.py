"""`riptui doctor`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, runs_option


@click.command()
@runs_option
@json_option
@calls("riptui.cli.doctor:doctor")
def doctor() -> None:
    """Check Python, packages, terminal, GPU, weights and disk: print what works, and how to fix what does not.

    Exit code 1 if something that riptui needs does not work.
    """
