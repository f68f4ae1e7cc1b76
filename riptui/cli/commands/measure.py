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
    """Measure the saved frames of trajectories: add metrics, or more points. PATH: a trajectory, or a folder of them.

    Existing values are kept. New ones are exactly what the run itself would have measured.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to every trajectory
    riptui measure runs/cat/m128-s0 --measure every  after each iteration of one
    """
