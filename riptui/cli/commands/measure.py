"""`riptui measure`."""

from riptui.cli import computing_options, options
from riptui.cli.lazy import command


@command("riptui.cli.measure:measure")
@options.paths_argument
@computing_options.metrics_option
@options.measure_option
@options.display_option
@options.lookup_option
@options.json_option
def measure() -> None:
    """Measure the saved frames of trajectories: add metrics, or more points. PATH: a trajectory, or a folder of them.

    Existing values are kept. New ones are exactly what the run itself would have measured.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to every trajectory
    riptui measure runs/cat/m128-s0 --measure every  after each iteration of one
    """
