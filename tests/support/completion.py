"""What a shell is offered after `riptui`."""

from click.shell_completion import BashComplete

from riptui.cli import commands


def completed(*words: str) -> list[str]:
    """What the shell is offered for the last of these words."""
    *before, incomplete = words
    shell = BashComplete(commands.riptui, {}, "riptui", "_RIPTUI_COMPLETE")
    return [item.value for item in shell.get_completions(list(before), incomplete)]
