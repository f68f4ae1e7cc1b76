"""`riptui completion`."""

import rich_click as click
from click.shell_completion import get_completion_class

from riptui.cli.commands import riptui


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script that completes commands, options and names in a shell. Load it when the shell starts:

    \b
    bash  eval "$(riptui completion bash)"        in ~/.bashrc
    zsh   eval "$(riptui completion zsh)"         in ~/.zshrc
    fish  riptui completion fish | source         in ~/.config/fish/config.fish
    """
    completion_class = get_completion_class(shell)
    assert completion_class is not None, "click has a class for each of the choices above"
    click.echo(completion_class(riptui, {}, "riptui", "_RIPTUI_COMPLETE").source())
    return 0
