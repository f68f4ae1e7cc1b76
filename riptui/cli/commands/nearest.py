"""`riptui nearest`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command
from riptui.cli.values import NumberRange


@command("riptui.cli.nearest:nearest")
@options.paths_argument
@click.option("--corpus", metavar="NAME", required=True, help="The index, see riptui corpus.")
@click.option("-k", "count", type=click.IntRange(1, 100), default=5, show_default=True, help="Pictures per frame.")
@click.option(
    "--at",
    type=NumberRange(min=0),
    metavar="PERCENT",
    show_default="the end",
    help="Compare the frames at this inpainted %.",
)
@click.option(
    "--quantile",
    type=NumberRange(),
    default=0.95,
    show_default=True,
    metavar="Q",
    help="Frames are novel below this quantile of the corpus' own similarities.",
)
@click.option(
    "--tag", default="usable", show_default=True, metavar="TAG", help="Count the novel ones among those with this tag."
)
@options.file_option("--sheet", "Draw each frame beside its nearest pictures, as PNG.")
@options.file_option("--csv", "Write all of it as CSV, one row per frame and picture.")
@options.overwrite_option
@options.network_device_option
@options.lookup_option
@options.json_option
def nearest() -> None:
    """Find the pictures of a corpus that are nearest to frames. PATH: a trajectory, or a folder of them.

    Similarity is the cosine of the features; of phash, 1 - Hamming distance / 64. A copy has the frame's very pixels.
    The picture that a trajectory was made from is left out: by its file, and by its pixels.

    A frame is novel if it is less similar to its nearest picture than 95 % (--quantile) of the corpus' own pictures
    are to theirs: of pictures drawn as the corpus' were, as many would be novel. Tag outputs that can be used with
    riptui tag, and the share of novel ones among these is given too, with Wilson's 95 % interval.

    \b
    riptui nearest runs/seeds --corpus photos --sheet nearest.png
    riptui nearest runs/seeds --corpus photos --at 100 --json
    """
