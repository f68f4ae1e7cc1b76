"""The commands of the panel Set up."""

import rich_click as click
from click.shell_completion import CompletionItem, get_completion_class

from riptui.cli.commands import riptui
from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option
from riptui.inpainters.catalogue import MODELS
from riptui.metrics import REGISTRY


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names that need no hub id."""
    lpips_names = ["lpips", *(name for name in REGISTRY if name.startswith("lpips-"))]
    return [CompletionItem(name) for name in (*MODELS, *lpips_names) if name.startswith(incomplete)]


@command("riptui.cli.fetch:fetch")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_names)
@click.option(
    "--variant",
    type=click.Choice(["full", "fp16"]),
    default="full",
    show_default=True,
    help="Precision to download if a model has both; fp16 is half the size.",
)
@click.option(
    "--allow-pickle",
    is_flag=True,
    help="Accept weights that exist only as pickle. A pickle can run any code when it is loaded: use this only for "
    "sources that you trust.",
)
@click.option("--offline", is_flag=True, help="Do not use the network: report what is installed and what is missing.")
def fetch() -> None:
    """Download weights. NAME: a model of `riptui models`, a hub id org/name[@revision], lpips, or one net (lpips-vgg).

    Only the files that riptui loads are downloaded, and each is verified by its hash. An interrupted download resumes
    where it stopped. With --offline, $RIPTUI_OFFLINE or $HF_HUB_OFFLINE the network is never used.

    \b
    riptui fetch sd2 lpips
    riptui fetch org/name@main --variant fp16
    """


@command("riptui.cli.models:models")
@json_option
def models() -> None:
    """List models, LPIPS nets and inpainters without weights: size, licence, and whether they are installed.

    \b
    ✓ installed   ○ missing: riptui fetch NAME   ! incomplete   ? unknown without the extra [diffusion]
    """


@command("riptui.cli.config:config")
@click.argument("do", type=click.Choice(["path", "show", "edit"]), default="show")
@json_option
def config() -> None:
    """Print the path of the settings file (path), print every setting and its origin (show), or edit the file (edit).

    The file is ~/.config/riptui/settings.toml, or $RIPTUI_CONFIG. `riptui config edit` opens it in $VISUAL, $EDITOR,
    nano or vi, and first creates it, with every setting explained, if it does not exist.

    Exit code 2 if a setting is invalid. The app still starts and ignores that setting.
    """


@command("riptui.cli.doctor:doctor")
@runs_option
@json_option
def doctor() -> None:
    """Check Python, packages, terminal, GPU, weights and disk: print what works, and how to fix what does not.

    Exit code 1 if something that riptui needs does not work.
    """


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
