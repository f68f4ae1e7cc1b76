"""`riptui ps`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option


@command("riptui.cli.ps:ps")
@runs_option
@json_option
def ps() -> None:
    """List the running workers of a runs folder: state, device, model, speed, memory and current trajectories.

    Workers that give no sign are shown too, and queued trajectories that workers skip because their folders cannot be
    used.
    """
