"""`riptui study ls`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_argument


@command("riptui.cli.study.ls:ls")
@runs_argument
@json_option
def ls() -> None:
    """List the studies that are known here: state, how much is computed, file. RUNS: the runs folder.

    These are the study files in the runs folder, beside it and in the current folder, those that were used lately, and
    what was run in RUNS, also where its file is gone: the same as S lists in the app.

    \b
    riptui study ls
    riptui study ls --json
    """
