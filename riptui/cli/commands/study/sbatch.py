"""`riptui study sbatch`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command


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
