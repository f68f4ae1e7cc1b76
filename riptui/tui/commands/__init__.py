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

from dataclasses import dataclass
from importlib import import_module

from riptui.errors import RiptuiError
from riptui.tui.commands.context import CommandContext

__all__ = ["COMMANDS", "BrowserCommand", "CommandContext", "run_command"]


@dataclass(frozen=True)
class BrowserCommand:
    """What is known of a command before its module is imported."""

    module: str
    """The module of this package that has a function of the command's name."""
    on_marked: bool = False
    """Whether it acts on the marked trajectories, if there are any, and not on the cursor's row."""
    asks: bool = True
    """Whether it may open a dialog, which then gets the keys that are pressed meanwhile."""


COMMANDS = {
    "launch": BrowserCommand("run_again"),
    "rerun": BrowserCommand("run_again", asks=False),
    "demo": BrowserCommand("run_again", asks=False),
    "pause": BrowserCommand("pause_and_stop", on_marked=True, asks=False),
    "stop": BrowserCommand("pause_and_stop", on_marked=True),
    "retry": BrowserCommand("pause_and_stop", on_marked=True, asks=False),
    "move_earlier": BrowserCommand("pause_and_stop", on_marked=True, asks=False),
    "move_later": BrowserCommand("pause_and_stop", on_marked=True, asks=False),
    "rename": BrowserCommand("rename_and_trash"),
    "move_to_trash": BrowserCommand("rename_and_trash", on_marked=True),
    "undo": BrowserCommand("rename_and_trash", asks=False),
    "delete": BrowserCommand("rename_and_trash", on_marked=True),
    "empty_trash": BrowserCommand("rename_and_trash"),
    "edit_tags": BrowserCommand("annotate", on_marked=True),
    "edit_note": BrowserCommand("annotate"),
    "rate": BrowserCommand("start_rating", on_marked=True),
    "nearest": BrowserCommand("show_nearest", on_marked=True),
    "compare_seeds": BrowserCommand("open_diversity", on_marked=True),
    "studies": BrowserCommand("open_studies"),
    "export": BrowserCommand("sharing", on_marked=True),
    "copy": BrowserCommand("copying", on_marked=True),
    "measure": BrowserCommand("sharing", on_marked=True),
    "shell": BrowserCommand("sharing"),
}


async def run_command(name: str, context: CommandContext) -> None:
    """Run a command; show its error as a notification."""
    command = getattr(import_module(f"{__name__}.{COMMANDS[name].module}"), name)
    try:
        await command(context)
    except RiptuiError as error:
        context.notify(str(error), "error")
