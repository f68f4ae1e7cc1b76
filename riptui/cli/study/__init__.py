"""`riptui study`: many trajectories, asked for by one file.

files     `new`, `plan`, `sbatch`: what comes before anything runs
running   `run`; board: how it is shown
state     `status`, and `pause`, `resume`, `stop`, `retry`
reporting `report`
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.commands import LazyGroup

if TYPE_CHECKING:
    from riptui.study.manifest import Manifest
    from riptui.study.study_file import Study

COMMANDS = {
    "new": "riptui.cli.study.new:new",
    "plan": "riptui.cli.study.new:plan",
    "run": "riptui.cli.study.run:run",
    "status": "riptui.cli.study.status:status",
    "pause": "riptui.cli.study.status:pause",
    "resume": "riptui.cli.study.status:resume",
    "stop": "riptui.cli.study.status:stop",
    "retry": "riptui.cli.study.status:retry",
    "report": "riptui.cli.study.report:report",
    "sbatch": "riptui.cli.study.new:sbatch",
}

file_argument = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))


@click.group(
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    short_help="Many trajectories from one file, on all devices.",
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


def read_study(file: Path) -> Study:
    """The study of a file. Raises StudyError."""
    from riptui.cli.options import runs_folder
    from riptui.study.study_file import read_study

    return read_study(file, runs=runs_folder())


def read_manifest(study: Study) -> Manifest:
    """What a study was run with. Says so if its file was edited since. Raises InputError if it was never run."""
    from riptui.cli.console import warn
    from riptui.errors import InputError
    from riptui.study import manifest

    found = manifest.read(study)
    if found is None:
        raise InputError(f"{study.file} was not run yet: riptui study run")
    if found.text != study.text:
        warn(f"{study.file} was edited since: what follows is of what was run; `riptui study run` adds the rest")
    return found
