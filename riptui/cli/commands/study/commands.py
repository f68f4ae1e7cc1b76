"""The commands `riptui study ...`."""

from pathlib import Path

import rich_click as click

from riptui.cli.commands.analyse import overwrite_option, reference_option
from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command
from riptui.cli.options import detach_option, display_option, json_option, pool_options


@command("riptui.cli.study.new:new")
@file_argument
@click.option(
    "--preset",
    type=click.Choice(["quick", "paper-1", "paper-2"]),
    default="quick",
    show_default=True,
    help="quick: four pictures, three classical inpainters, a minute; paper-1, paper-2: the paper's experiments.",
)
def new() -> None:
    """Write a study file in which every line is explained. An existing file is never replaced.

    \b
    riptui study new quick.toml
    riptui study new paper.toml --preset paper-1
    """


@command("riptui.cli.study.plan:plan")
@file_argument
@json_option
def plan() -> None:
    """Estimate a study: trajectories, inpaintings, hours and disk space. Computes no trajectory.

    The hours are for one device, from past runs in the runs folder with the same inpainter, settings, size and mask.
    Without past runs, classical inpainters are timed for a moment; the speed of a model stays unknown.
    """


@command("riptui.cli.study.run:run")
@file_argument
@click.option(
    "--devices",
    metavar="D,D",
    default="",
    show_default="all GPUs if the study uses a model, else cpu",
    help="Devices: GPUs by number, e.g. 0,1,2,3; all (GPUs); or cpu.",
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
@pool_options
@display_option
@click.option_panel(
    "Workers", options=["--devices", "--workers", "--detach", "--batch", "--compile", "--deterministic", "--offline"]
)
@click.option_panel("Ray", options=["--ray", "--ray-cpus", "--ray-copies"])
def run() -> None:
    """Compute a study with one worker per device, and show its progress.

    Running the same command again continues where it stopped and adds what was added to the file; two at once share the
    work. Failed trajectories are not retried: see `riptui study retry`. Ctrl-C stops the study's trajectories; with
    --detach the workers continue in the background. Exit code 1 if a picture could not be used or a trajectory failed.

    With --ray this process is the driver of actors on a cluster, one per GPU. riptui must be installed on all nodes. A
    node that cannot write to the runs folder, or whose locks do not work there, sends its results back as they grow.

    \b
    riptui study run quick.toml
    riptui study run paper.toml --devices 0,1 --detach
    riptui study run paper.toml --ray auto
    """


@command("riptui.cli.study.status:status")
@file_argument
@json_option
def status() -> None:
    """Show the progress of a study: iterations, speed of each worker, time left, failures. Changes nothing."""


@command("riptui.cli.study.control:pause")
@file_argument
def pause() -> None:
    """Pause a study's unfinished trajectories. Running ones finish their current iteration first."""


@command("riptui.cli.study.control:resume")
@file_argument
def resume() -> None:
    """Queue paused and stopped trajectories again for the running workers. `riptui study run` also starts workers."""


@command("riptui.cli.study.control:stop")
@file_argument
def stop() -> None:
    """Stop a study's unfinished trajectories until `riptui study run` or `riptui study resume`.

    Running ones finish their current iteration first.
    """


@command("riptui.cli.study.control:retry")
@file_argument
def retry() -> None:
    """Queue failed trajectories again for the running workers. `riptui study run` also starts workers."""


@command("riptui.cli.study.report:report")
@file_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    show_default="NAME-report next to FILE",
    help="Where to write report.md and the figures (PNG, SVG, CSV). An existing report is replaced.",
)
@reference_option
@overwrite_option
@json_option
def report() -> None:
    """Draw the paper's figures from a study and test its findings. Only complete trajectories count.

    \b
    riptui study report paper.toml
    riptui study report paper.toml --out report --reference paper.csv
    """


@command("riptui.cli.study.sbatch:sbatch")
@file_argument
@click.option("--tasks", type=click.IntRange(1, 1000), default=4, show_default=True, help="Number of workers.")
@click.option(
    "--gpus",
    type=click.IntRange(0, 1),
    show_default="1 if the study uses a model",
    help="GPUs per worker; 0: use the CPU.",
)
@click.option("--cpus", type=click.IntRange(1, 1024), default=4, show_default=True, help="CPU cores per worker.")
@click.option("--mem", default="", metavar="SIZE", show_default="the cluster's", help="Memory per worker, e.g. 32G.")
@click.option(
    "--time", default="", metavar="T", show_default="the cluster's", help="Time limit per worker, e.g. 12:00:00."
)
@click.option("--partition", default="", metavar="P", show_default="the cluster's", help="Partition to run on.")
def sbatch() -> None:
    """Print a script for sbatch: an array job of workers, each of which exits when the queue is empty.

    \b
    riptui study run paper.toml --workers 0 --detach    queue the study
    riptui study sbatch paper.toml --tasks 8 > job.sh   write the job
    sbatch job.sh                                       start its workers
    """
