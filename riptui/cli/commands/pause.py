"""`riptui pause`."""

from riptui.cli import options
from riptui.cli.lazy import command


@command("riptui.cli.pause_and_stop:pause")
@options.paths_argument
@options.lookup_option
@options.json_option
def pause() -> None:
    """Pause trajectories until `riptui resume`. PATH: a trajectory, or a folder of them.

    A running trajectory finishes its current iteration first.

    \b
    riptui pause runs/fig7
    """
