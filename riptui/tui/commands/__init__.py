"""What the browser's keys do beyond looking: a function for each, imported when it is first used.

subject    what a command is about, and the ways it has to speak
launching  new trajectories: the form, another seed, the demo
queueing   pause, stop, retry, the order of the queue
keeping    names, the trash, deleting
handing    out of the app: exports, the clipboard, measuring, a shell
"""

from importlib import import_module

from riptui.errors import RiptuiError
from riptui.tui.commands.subject import Subject

__all__ = ["COMMANDS", "Subject", "carry_out"]

COMMANDS = {
    "launch": "launching",
    "again": "launching",
    "demo": "launching",
    "pause": "queueing",
    "stop": "queueing",
    "retry": "queueing",
    "sooner": "queueing",
    "later": "queueing",
    "rename": "keeping",
    "throw_away": "keeping",
    "undo": "keeping",
    "erase": "keeping",
    "empty_trash": "keeping",
    "export": "handing",
    "copy": "handing",
    "measure": "handing",
    "shell": "handing",
}


async def carry_out(name: str, about: Subject) -> None:
    """Do what a command says. What is wrong is told, and ends it."""
    command = getattr(import_module(f"{__name__}.{COMMANDS[name]}"), name)
    try:
        await command(about)
    except RiptuiError as error:
        about.tell(str(error), "error")
