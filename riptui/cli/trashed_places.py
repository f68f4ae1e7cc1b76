"""Places that trajectories in the trash had: an argument of commands, with its completion."""

from pathlib import Path

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.cli.lazy import lazy
from riptui.cli.values import runs_folder
from riptui.text.terminal import printable

_list_entries = lazy("riptui.store.trash:list_entries")


def complete_trashed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Places below the runs folder; a name that a terminal would obey is left out."""
    places = dict.fromkeys(entry.record.place for entry in _list_entries(ctx.params.get("runs") or runs_folder()))
    return [CompletionItem(place) for place in places if place.startswith(incomplete) and printable(place) == place]


trashed_argument = click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path), shell_complete=complete_trashed
)
