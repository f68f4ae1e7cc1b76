"""`riptui fetch`."""

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.cli.lazy import calls
from riptui.inpainters.catalogue import MODELS
from riptui.metrics import REGISTRY


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names that need no hub id."""
    lpips_names = ["lpips", *(name for name in REGISTRY if name.startswith("lpips-"))]
    return [CompletionItem(name) for name in (*MODELS, *lpips_names) if name.startswith(incomplete)]


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_names)
@click.option(
    "--variant",
    type=click.Choice(["full", "fp16"]),
    default="full",
    show_default=True,
    help="Which precision, where a model has both; fp16 is half the size.",
)
@click.option(
    "--allow-pickle",
    is_flag=True,
    help="Take weights that are there only as pickle, which can run any code when they are read: only if you trust "
    "where they come from.",
)
@click.option("--offline", is_flag=True, help="Ask nobody: say what is here and what is missing.")
@calls("riptui.cli.fetch:fetch")
def fetch() -> None:
    """Download weights: NAME is a model of `riptui models`, a hub id org/name[@revision], lpips, or one net, lpips-vgg.

    Only what is loaded is fetched, and compared with its hash. What was interrupted goes on where it stopped. With
    --offline, $RIPTUI_OFFLINE or $HF_HUB_OFFLINE nothing is asked of the network.

    \b
    riptui fetch sd2 lpips
    """
