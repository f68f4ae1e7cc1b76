"""`riptui corpus index`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, network_device_option
from riptui.cli.values import complete_folders


@command("riptui.cli.corpus.index:index")
@click.argument(
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    shell_complete=complete_folders,
)
@click.option("--name", metavar="NAME", show_default="the folder's name", help="What the index is called.")
@click.option(
    "--features",
    metavar="NAME",
    default="phash",
    show_default=True,
    help="What pictures are compared by: phash, or NAME or NAME:MODEL of a network, e.g. clip or dinov2.",
)
@click.option("--size", type=int, metavar="PX", default=512, show_default=True, help="Size of the frames.")
@click.option(
    "--fit",
    type=click.Choice(["bands", "crop", "stretch"]),
    default="bands",
    show_default=True,
    help="How pictures that are not square are fitted, as in riptui run.",
)
@click.option("--no-recursive", "flat", is_flag=True, help="Leave subfolders out.")
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 256), metavar="N", show_default="all CPUs", help="Processes that decode."
)
@network_device_option
@json_option
def index() -> None:
    """Index a folder of pictures, of any number, or bring its index up to date.

    What is in the index already is not computed again: after Ctrl-C, kill -9 or a power cut the same command goes on.
    Pictures that changed are replaced, those that are gone are dropped, unreadable ones are told. Give the --size and
    --fit of your trajectories, so that copies of frames are recognised by their pixels.

    \b
    riptui corpus index ~/photos
    riptui corpus index ~/photos --features dinov2 --name photos-dinov2
    """
