"""The commands of the panel Inspect."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, path_argument, paths_argument, runs_folder
from riptui.cli.values import complete_folders


@command("riptui.cli.browse:browse")
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path, file_okay=False),
    shell_complete=complete_folders,
)
@click.option(
    "--select", default="", metavar="PATH", help="Start on this trajectory or group.", shell_complete=complete_folders
)
@click.option(
    "--graphics",
    type=click.Choice(["auto", "kitty", "sixel", "halfblock", "off"]),
    show_default="the setting graphics",
    help="How to show pictures; auto asks the terminal what it can show.",
)
def browse() -> None:
    """Open the app in this terminal: browse, watch, compare and launch trajectories. RUNS: the runs folder.

    `riptui` and `riptui RUNS` do the same. Press ? in the app to list its keys. Workers keep running when you quit the
    app or lose the connection.

    \b
    riptui browse ~/runs
    riptui browse --select fig7/cat/m128-s0
    """


@command("riptui.cli.ls:ls")
@click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
@json_option
def ls() -> None:
    """List the trajectories in RUNS: status, amount inpainted, newest value of a metric.

    RUNS is a runs folder or any folder in it. The default is $RIPTUI_RUNS, the runs folder of the settings, or ./runs.

    \b
    ✓ done     ● running       ○ queued   ‖ paused
    ✗ failed   ◼ interrupted   ! unreadable
    ≠ mixed: its sessions differ in device, versions or batch; see riptui show
    """


@command("riptui.cli.show:show")
@path_argument
@click.option("--frame", "k", type=click.IntRange(0), metavar="K", show_default="the last", help="Which frame to show.")
@click.option("--picture/--no-picture", default=None, show_default="on a terminal", help="Draw the two pictures.")
@json_option
def show() -> None:
    """Show a trajectory: its status, the original beside a frame, all measured values, and its spec.

    \b
    riptui show runs/cat/m128-s0
    riptui show runs/cat/m128-s0 --frame 8
    """


@command("riptui.cli.check:check")
@paths_argument
@click.option(
    "--repair", is_flag=True, help="Cut back to the last intact iteration, rebuild keyframes, delete leftovers."
)
@json_option
def check() -> None:
    """Verify that saved frames are intact. PATH: a trajectory, or a folder of them.

    Every row, patch, keyframe and pixel hash is checked. Exit code 1 if saved data is damaged; files left over from a
    crash are not damage. --repair keeps what is intact; `riptui resume` computes the rest again, to the same pixels.

    \b
    riptui check runs
    riptui check runs/cat/m128-s0 --repair
    """
