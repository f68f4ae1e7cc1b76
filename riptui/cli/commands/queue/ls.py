"""`riptui queue ls`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_argument


@command("riptui.cli.queue.ls:ls")
@runs_argument
@json_option
def ls() -> None:
    """List what waits in RUNS, the next one first: how long it has waited, when it starts, about, and why it may not.

    RUNS is a runs folder or any folder in it. A start is foreseen from the times of trajectories that were computed
    with the same settings, if all workers go on as now. --json also has the owners and the priorities.
    """
