"""`riptui study sbatch`."""

import rich_click as click

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import calls


@click.command()
@file_argument
@click.option("--tasks", type=click.IntRange(1, 1000), default=4, show_default=True, help="Workers.")
@click.option(
    "--gpus",
    type=click.IntRange(0, 1),
    show_default="1 if a model is in it",
    help="GPUs of each; 0: on the CPU.",
)
@click.option("--cpus", type=click.IntRange(1, 1024), default=4, show_default=True, help="CPU cores of each.")
@click.option("--mem", default="", metavar="SIZE", show_default="the cluster's", help="Memory of each, e.g. 32G.")
@click.option("--time", default="", metavar="T", show_default="the cluster's", help="Time limit, e.g. 12:00:00.")
@click.option("--partition", default="", metavar="P", show_default="the cluster's", help="Where they run.")
@calls("riptui.cli.study.sbatch:sbatch")
def sbatch() -> None:
    """Print a script for sbatch: an array of tasks, each a worker that leaves when nothing is left.

    \b
    riptui study run paper.toml --workers 0 --detach    queue the study
    riptui study sbatch paper.toml --tasks 8 > job.sh   and its workers
    sbatch job.sh
    """
