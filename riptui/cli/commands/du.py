"""`riptui du`."""

from riptui.cli.lazy import command
from riptui.cli.options import filter_option, folders_argument, json_option


@command("riptui.cli.du:du")
@folders_argument
@filter_option
@json_option
def du() -> None:
    """Tell how much disk the trajectories in each folder of RUNS take, the largest first, and the trash.

    RUNS is a runs folder or any folder in it; of several, one list has all. Counted are the sizes of all files of the
    trajectories.

    \b
    riptui du
    riptui du runs/fig7
    riptui du runs/fig7 /data/runs
    riptui du --filter status:failed
    """
