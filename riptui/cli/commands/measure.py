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
    """Measure saved frames with more metrics, or at more points. PATH: a trajectory, or a folder of them.

    What is measured already is left alone. The values are those that the run would have given.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to everything
    riptui measure runs/cat/m128-s0 --measure every  each iteration of one
    """
