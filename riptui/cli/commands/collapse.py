"""`riptui collapse`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command


@command("riptui.cli.collapse:collapse")
@options.paths_argument
@click.option(
    "--metric", metavar="NAME", show_default="lpips-vgg if measured", help="Distance that tells whether it settled."
)
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    metavar="NAME=X",
    help="Change a threshold, e.g. blurred=40. May be repeated.",
)
@click.option(
    "--features",
    metavar="NAME",
    default="phash",
    show_default=True,
    help="What ends are compared by, between pictures: phash, or NAME or NAME:MODEL of a network, e.g. clip.",
)
@options.network_device_option
@options.file_option("--csv", "Write each trajectory's labels and measured values as CSV.")
@options.overwrite_file_option
@options.lookup_option
@options.json_option
def collapse() -> None:
    """Tell how trajectories end: uniform, a collage, blurred, stabilised. PATH: a trajectory, or a folder of them.

    Each label is a threshold on what is measured of the first and the last frame: detail (steps of luma between
    neighbours within squares), seams (the same across the lines of the grid), structure (correlation of coarse luma
    with the original), colour spread, and growth (by how much the distance per covered area changed over the second
    half). The thresholds are printed with the result; look at the pictures before you believe a label.

    Also whether different pictures end alike (how far their ends are apart, against their originals, and clusters of
    ends), and, where trajectories share squares and noise (riptui run --squares shared), whether two pictures that are
    driven alike grow alike.

    \b
    riptui collapse runs/fig7
    riptui collapse runs --threshold blurred=40 --csv ends.csv
    """
