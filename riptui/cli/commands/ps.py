"""`riptui ps`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option, runs_option


@click.command()
@runs_option
@json_option
@calls("riptui.cli.ps:ps")
def ps() -> None:
    """List the running workers of a runs folder: state, device, model, speed, memory and current trajectories."""
