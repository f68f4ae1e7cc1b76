"""`riptui measure`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import display_option, measure_option, metrics_option, paths_argument


@click.command()
@paths_argument
@metrics_option
@measure_option
@display_option
@calls("riptui.cli.measure:measure")
def measure() -> None:
    """Add metrics, or more points, to trajectories from their saved frames. PATH: a trajectory, or a folder of them.

    Values that exist are kept. New ones equal those that the run itself would have measured.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to every trajectory
    riptui measure runs/cat/m128-s0 --measure every  after each iteration of one
    """
