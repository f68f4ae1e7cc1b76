"""`riptui study`: the group of commands for many trajectories from one file."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import LazyGroup
from riptui.cli.lookup_runs import keep_runs
from riptui.cli.options import combine
from riptui.cli.values import FILE

COMMANDS = {
    "new": "Write a study file in which every line is explained.",
    "plan": "Estimate a study: trajectories, hours, disk space.",
    "run": "Compute a study; run it again to continue.",
    "ls": "List the studies that are known here.",
    "status": "Show the progress of a study.",
    "pause": "Pause a study.",
    "resume": "Resume a study.",
    "stop": "Stop a study.",
    "retry": "Queue failed trajectories again.",
    "report": "Draw the paper's figures from a study.",
    "sbatch": "Print a SLURM script that starts workers.",
}

new_file_argument = click.argument("file", metavar="FILE", type=FILE)
file_argument = combine(
    new_file_argument,
    click.option(
        "--runs",
        "lookup_runs",
        type=click.Path(path_type=Path, file_okay=False),
        expose_value=False,
        callback=keep_runs,
        show_default="that of FILE, else the setting runs, or ./runs",
        help="The runs folder of the study.",
    ),
)
"""A study file, and --runs, which goes before what the file says."""


@click.group(
    cls=LazyGroup,
    package=__name__,
    panels={"Commands": COMMANDS},
)
def study() -> None:
    """Compute many trajectories from one TOML file: pictures, and lists of values to combine.

    \b
    riptui study new quick.toml --preset quick    write a file to start from
    riptui study plan quick.toml                  estimate its cost
    riptui study run quick.toml                   compute it
    riptui study status quick.toml                show its progress
    riptui study report quick.toml                draw its figures
    """
