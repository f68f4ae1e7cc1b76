"""`riptui study run`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls
from riptui.cli.options import detach_option, display_option, pool_options


@click.command()
@file_argument
@click.option(
    "--devices",
    metavar="D,D",
    default="",
    show_default="all GPUs if a model is in it, else cpu",
    help="0,1,2,3: those GPUs; all: all GPUs; cpu.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    show_default="1, without models one a core up to 4",
    help="Workers on each device; 0: none, others take what is queued. With --ray: how many actors.",
)
@click.option(
    "--ray",
    metavar="auto|ADDRESS",
    default="",
    show_default="workers of this host",
    help="Compute on a Ray cluster: the one that this host is in, or of an address.",
)
@click.option(
    "--ray-cpus",
    type=click.IntRange(1, 1024),
    metavar="N",
    show_default="a GPU each",
    help="Actors on N CPUs each, instead of on a GPU.",
)
@click.option("--ray-copies", is_flag=True, help="Send all results back, also where the runs folder is reached.")
@detach_option
@pool_options
@display_option
@click.option_panel(
    "The workers",
    options=["--devices", "--workers", "--detach", "--batch", "--compile", "--deterministic", "--offline"],
)
@click.option_panel("Ray", options=["--ray", "--ray-cpus", "--ray-copies"])
@calls("riptui.cli.study.run:run")
def run() -> None:
    """Compute what a study file says, with a worker on each device, and watch.

    The same command again goes on where it stopped, and adds what was added to the file; two at once share the work.
    What failed is left to `riptui study retry`. Ctrl-C stops the study's trajectories; with --detach the workers go
    on by themselves. Exit code 1 if a picture could not be used or a trajectory failed.

    With --ray this process leads actors on a cluster, one a GPU. riptui must be installed on all nodes; where one does
    not reach the runs folder, or its locks, what it computes is sent here as it grows.
    """
