"""The commands of the browser's keys: one function each, imported on first use.

context            what a command runs on, and how it notifies and asks
run_again          new trajectories: the form, another seed, the demo
pause_and_stop     pause, resume, stop, retry, the order of the queue
rename_and_trash   rename, trash, undo, delete
annotate           tags and notes
start_rating       blind ratings
show_nearest       the nearest pictures of a corpus
open_studies       the screen of the studies
open_diversity     how far seeds are apart
sharing            export, measure, shell; export_dialog: its form
copying            what goes to the clipboard
"""

from importlib import import_module

from riptui.errors import RiptuiError
from riptui.tui.commands.context import CommandContext

__all__ = ["COMMAND_MODULES", "ON_MARKED", "CommandContext", "run_command"]

COMMAND_MODULES = {
    "launch": "run_again",
    "rerun": "run_again",
    "demo": "run_again",
    "pause": "pause_and_stop",
    "stop": "pause_and_stop",
    "retry": "pause_and_stop",
    "move_earlier": "pause_and_stop",
    "move_later": "pause_and_stop",
    "rename": "rename_and_trash",
    "move_to_trash": "rename_and_trash",
    "undo": "rename_and_trash",
    "delete": "rename_and_trash",
    "empty_trash": "rename_and_trash",
    "edit_tags": "annotate",
    "edit_note": "annotate",
    "rate": "start_rating",
    "nearest": "show_nearest",
    "compare_seeds": "open_diversity",
    "studies": "open_studies",
    "export": "sharing",
    "copy": "copying",
    "measure": "sharing",
    "shell": "sharing",
}

ON_MARKED = frozenset(
    [
        "pause",
        "stop",
        "retry",
        "move_earlier",
        "move_later",
        "move_to_trash",
        "delete",
        "edit_tags",
        "export",
        "copy",
        "measure",
        "rate",
        "nearest",
        "compare_seeds",
    ]
)
"""The commands that act on the marked trajectories, if there are any; the others on the cursor's row."""


async def run_command(name: str, context: CommandContext) -> None:
    """Run a command; show its error as a notification."""
    command = getattr(import_module(f"{__name__}.{COMMAND_MODULES[name]}"), name)
    try:
        await command(context)
    except RiptuiError as error:
        context.notify(str(error), "error")
