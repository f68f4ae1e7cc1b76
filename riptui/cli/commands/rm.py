"""`riptui rm`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import filter_option, json_option, paths_argument, runs_option


@command("riptui.cli.rm:rm")
@paths_argument
@filter_option
@click.option("--permanently", is_flag=True, help="Delete them, instead of moving them to the trash.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", "-n", is_flag=True, help="List what would go, and do nothing.")
@runs_option
@json_option
def rm() -> None:
    """Move trajectories to the trash of their runs folder. PATH: a trajectory, or a folder of them.

    `riptui restore` brings them back, as u does in the app. In the trash they take as much disk as before: `riptui
    trash --empty` frees it. If one of them is being computed, nothing is moved.

    \b
    riptui rm runs/fig7/cat/m128-s0
    riptui rm runs --filter status:failed --dry-run
    """
