"""`riptui completion`: the script that makes a shell complete riptui's commands, options and names."""

import rich_click as click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    \b
        bash    riptui completion bash > ~/.local/share/bash-completion/completions/riptui
        zsh     riptui completion zsh > "${fpath[1]}/_riptui"
        fish    riptui completion fish > ~/.config/fish/completions/riptui.fish
    """
    from click.shell_completion import get_completion_class

    from riptui.cli import riptui

    found = get_completion_class(shell)
    assert found is not None, "the choices above are click's own"
    click.echo(found(riptui, {}, "riptui", "_RIPTUI_COMPLETE").source())
    return 0
