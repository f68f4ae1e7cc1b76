"""`riptui export`."""

from pathlib import Path

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command
from riptui.cli.values import MEASURE, NameListParam
from riptui.features import feature_extractor_names


@command("riptui.cli.export:export")
@options.path_argument
@click.option("--frames", type=click.Path(path_type=Path), metavar="DIR", help="Whole frames, one PNG file each.")
@options.file_option("--gif", "Animation; the format follows the extension: .gif, .webp or .png.")
@options.file_option("--mp4", "Film of the same frames, for slides (needs the extra [video]).")
@options.file_option("--png", "One frame, unchanged, with its spec in the file's text: see --frame.")
@options.file_option("--strip", "Image sequence as in the paper: the frames at every 50 %, side by side.")
@options.file_option("--csv", "All measured values, one row per measured frame.")
@options.file_option("--parquet", "The same table as Parquet (needs the extra [parquet]).")
@options.multi_option(
    "--features",
    type=NameListParam(feature_extractor_names),
    default="",
    metavar="A,B",
    help="With --parquet: also the stored features by these extractors, a column of vectors each.",
)
@click.option(
    "--at",
    type=MEASURE,
    show_default="--frames: every; --gif, --mp4: about 64 frames",
    help="Frames for --frames, --gif and --mp4: half (every 50 %), every (all), or every N iterations.",
)
@click.option(
    "--frame",
    "k",
    type=click.IntRange(min=0),
    metavar="K",
    show_default="the last",
    help="Frame for --png: after iteration K; 0 is the original.",
)
@options.overwrite_option
@options.lookup_option
@options.json_option
def export() -> None:
    """Export a trajectory: frames, an animation, a strip of frames, tables. Choose at least one output.

    \b
    riptui export runs/cat/m128-s0 --strip drift.png --gif drift.gif
    riptui export runs/cat/m128-s0 --frames frames --at half --csv drift.csv
    riptui export runs/cat/m128-s0 --mp4 drift.mp4 --png frame-37.png --frame 37
    """
