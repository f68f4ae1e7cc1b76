"""`riptui diversity`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command
from riptui.cli.values import AMOUNTS
from riptui.features import feature_extractor_names


@command("riptui.cli.diversity:diversity")
@options.paths_argument
@click.option(
    "--by",
    metavar="NAME",
    default="phash",
    show_default=True,
    help=f"What distances are from: features ({', '.join(feature_extractor_names())}), or a metric of two pictures, "
    "such as lpips-alex, ssim or delta-e.",
)
@click.option(
    "--at",
    "amounts",
    type=AMOUNTS,
    default="end",
    show_default=True,
    metavar="WHEN",
    help="Where to compare: end, half (every 50 %), or inpainted % such as 100,400.",
)
@click.option(
    "--near",
    "near_bits",
    type=click.IntRange(0, 64),
    default=4,
    show_default=True,
    metavar="BITS",
    help="Pictures whose perceptual hashes differ in at most so many of 64 bits are near-duplicates.",
)
@options.file_option("--csv", "Write the distance of each pair as a table.")
@options.overwrite_file_option
@options.device_option
@options.lookup_option
@options.json_option
def diversity() -> None:
    """How far the seeds of each picture are apart, and which are nearly equal. PATH: a folder of trajectories.

    A set is all complete trajectories of one picture with the same settings but for the seed: the pictures of one
    prompt, or the runs of one painting. Of each: the mean distance over pairs; the Vendi score, its effective number of
    unlike pictures (1 for copies; of features only); near-duplicates by perceptual hash, and how many pictures remain
    if each family of them counts once. Several pictures are averaged, with a 95 % interval by picture, of
    fewer than five by seed. Of a single set the matrix is printed, in an order in which neighbours are alike.

    \b
    riptui diversity runs/an-owl                     the pictures of a prompt
    riptui diversity runs/an-owl --by clip --json
    riptui diversity runs/fig13 --at half --by lpips-vgg
    """
