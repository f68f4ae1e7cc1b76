"""`riptui ps`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, runs_option


@click.command()
@runs_option
@json_option
@calls("riptui.cli.ps:ps")
def ps() -> None:
    """List the workers of a runs folder: device, model, speed, memory, and the trajectories that each is at."""
