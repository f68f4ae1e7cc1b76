"""`riptui fetch`."""

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.cli.lazy import command
from riptui.features import REGISTRY as EXTRACTORS
from riptui.inpainters.models.catalogue import MODELS
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.metrics import REGISTRY


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names that need no hub id."""
    lpips_names = ["lpips", *(name for name in REGISTRY if name.startswith("lpips-"))]
    networks = [published.inpainter for published in PUBLISHED.values()]
    networks += [name for name, info in EXTRACTORS.built_in.items() if info.size]
    return [CompletionItem(name) for name in (*MODELS, *networks, *lpips_names) if name.startswith(incomplete)]


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
@click.option(
    "--config",
    metavar="NAME",
    help="For a model in one file: the model whose configurations and tokenizer it needs, if its tensors leave a "
    "choice.",
)
@click.option("--offline", is_flag=True, help="Do not use the network: report what is installed and what is missing.")
def fetch() -> None:
    """Download weights. NAME: a model of `riptui models`, a hub id org/name[@revision], lpips, one net (lpips-vgg), or
    features (inception, clip, dinov2).

    A model may also be named by its page on the hub, or be one file in a repository, org/name/file.safetensors, as may
    a LoRA, a VAE and a learned embedding; of a model's file on this machine the configurations and the tokenizer are
    downloaded that it needs.

    Only the files that riptui loads are downloaded, and each is verified by its hash. An interrupted download resumes
    where it stopped. With --offline, $RIPTUI_OFFLINE or $HF_HUB_OFFLINE the network is never used.

    \b
    riptui fetch sd2 lpips
    riptui fetch org/name@main --variant fp16
    riptui fetch ./dreamy.safetensors
    """
