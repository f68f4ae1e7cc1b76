"""`riptui note`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, lookup_option, path_argument


@command("riptui.cli.note:note")
@path_argument
@click.argument("text", required=False)
@click.option("--append", "-a", is_flag=True, help="Add TEXT as a new line, instead of replacing the note.")
@click.option("--edit", "-e", is_flag=True, help="Edit the note in $EDITOR.")
@click.option("--remove", is_flag=True, help="Remove the note.")
@lookup_option
@json_option
def note() -> None:
    """Show or write the note of a trajectory or group. TEXT: the new note; - reads it from the standard input.

    A note changes nothing that is computed, and travels with the folder. A note that is replaced or removed is printed
    first, so that it is not lost.

    \b
    riptui note runs/cat/m128-s0 "the whiskers go at 150 %"
    riptui note runs/cat/m128-s0 --append "and come back at 300 %"
    riptui ls --filter note:whiskers
    """
