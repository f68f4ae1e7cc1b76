"""`riptui completion`: the script that makes a shell complete riptui's commands, options and names."""

import rich_click as click


@click.command(short_help="Make your shell complete commands and options.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    \b
    bash  eval "$(riptui completion bash)"        in ~/.bashrc
    zsh   eval "$(riptui completion zsh)"         in ~/.zshrc
    fish  riptui completion fish | source         in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from riptui.cli.commands import riptui

    completion_class = get_completion_class(shell)
    assert completion_class is not None, "the choices above are click's own"
    click.echo(completion_class(riptui, {}, "riptui", "_RIPTUI_COMPLETE").source())
    return 0
