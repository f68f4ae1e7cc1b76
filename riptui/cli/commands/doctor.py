"""`riptui doctor`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, runs_option


@click.command()
@runs_option
@json_option
@calls("riptui.cli.doctor:doctor")
def doctor() -> None:
    """Look at Python, packages, terminal, GPU, weights and disk: what works, and what to do about what doesn't.

    Exit code 1 if something that riptui cannot do without is wrong.
    """
