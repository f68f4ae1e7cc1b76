"""What the browser's keys do beyond looking: a function for each, imported when it is first used.

subject    what a command is about, and the ways it has to speak
launching  new trajectories: the form, another seed, the demo
queueing   pause, stop, retry, the order of the queue
keeping    names, the trash, deleting
handing    out of the app: exports, the clipboard, measuring, a shell
"""

from importlib import import_module

from riptui.errors import RiptuiError
from riptui.tui.commands.context import CommandContext

__all__ = ["COMMAND_MODULES", "CommandContext", "run_command"]

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
    "export": "sharing",
    "copy": "sharing",
    "measure": "sharing",
    "shell": "sharing",
}


async def run_command(name: str, context: CommandContext) -> None:
    """Do what a command says. What is wrong is told, and ends it."""
    command = getattr(import_module(f"{__name__}.{COMMAND_MODULES[name]}"), name)
    try:
        await command(context)
    except RiptuiError as error:
        context.notify(str(error), "error")
