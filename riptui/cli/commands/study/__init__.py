"""`riptui study`: the group of commands for many trajectories from one file."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import LazyGroup

COMMANDS = {
    "new": "Write a study file, with comments.",
    "plan": "What a study will take, before anything runs.",
    "run": "Compute a study; the same again goes on.",
    "status": "How far a study is.",
    "pause": "Let a study wait.",
    "resume": "Let a study go on.",
    "stop": "Stop a study.",
    "retry": "Try what failed again.",
    "report": "The paper's figures and findings from a study.",
    "sbatch": "Print a SLURM script whose tasks are workers.",
}

file_argument = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))


@click.group(
    cls=LazyGroup,
    package=__name__,
    panels={"Commands": COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def study() -> None:
    """Compute many trajectories, as one TOML file says: pictures, and lists of what is to vary.

    \b
    riptui study new quick.toml --preset quick    a file to begin with
    riptui study plan quick.toml                  what it will take
    riptui study run quick.toml                   compute it
    riptui study status quick.toml                how far it is
    riptui study report quick.toml                its figures, and what they say
    """
