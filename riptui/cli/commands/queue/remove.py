"""`riptui queue remove`."""

from riptui.cli.lazy import command
from riptui.cli.options import paths_argument, runs_option


@command("riptui.cli.queue.remove:remove")
@paths_argument
@runs_option
def remove() -> None:
    """Take queued trajectories out of the queue. PATH: a trajectory, or a folder of them.

    What a worker runs already goes on, unlike with riptui stop. riptui resume queues them again.

    \b
    riptui queue remove runs/fig7
    """
