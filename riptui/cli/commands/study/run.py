"""`riptui study run`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command
from riptui.cli.options import (
    CARE_OPTIONS,
    WORKER_OPTIONS,
    care_options,
    detach_option,
    display_option,
    pool_options,
    priority_option,
)
from riptui.cli.values import complete_devices


@command("riptui.cli.study.run:run")
@file_argument
@click.option(
    "--devices",
    metavar="D,D",
    default="",
    show_default="all GPUs if the study uses a model, else cpu",
    shell_complete=complete_devices,
    help="Devices, in this order: GPUs by number, e.g. 0,1, or UUID (GPU-..., MIG-...); all (GPUs); free (those that "
    "nobody else uses); or cpu. See riptui devices.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    show_default="1; without a model one per core, at most 4",
    help="Workers per device; 0: only queue, for workers that run elsewhere. With --ray: number of actors.",
)
@click.option(
    "--ray",
    metavar="auto|ADDRESS",
    default="",
    show_default="workers on this host",
    help="Compute on a Ray cluster: auto for the one this host belongs to, or an address.",
)
@click.option(
    "--ray-cpus",
    type=click.IntRange(1, 1024),
    metavar="N",
    show_default="one GPU each",
    help="Give each actor N CPUs instead of a GPU.",
)
@click.option(
    "--ray-copies",
    is_flag=True,
    help="Send all results back to this process, even from nodes that can write to the runs folder.",
)
@detach_option
@priority_option
@care_options
@pool_options
@display_option
@click.option_panel(
    "Workers", options=["--devices", "--workers", "--detach", "--priority", *CARE_OPTIONS, *WORKER_OPTIONS[1:]]
)
@click.option_panel("Ray", options=["--ray", "--ray-cpus", "--ray-copies"])
def run() -> None:
    """Compute a study with one worker per device, and show its progress.

    Running the same command again continues where it stopped and adds what was added to the file; two at once share the
    work. Failed trajectories are not retried: see `riptui study retry`. Exit code 1 if a picture could not be used or a
    trajectory failed.

    Ctrl-C stops the study's trajectories. With --workers 0, where workers elsewhere compute, it only ends the watching;
    with --detach the workers continue in the background. It says what goes on, how to look at it and how to come back.

    With --ray this process is the driver of actors on a cluster, one per GPU. riptui must be installed on all nodes. A
    node that cannot write to the runs folder, or whose locks do not work there, sends its results back as they grow.

    \b
    riptui study run quick.toml
    riptui study run paper.toml --devices 0,1 --detach
    riptui study run paper.toml --ray auto
    """
