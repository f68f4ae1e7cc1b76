"""`riptui study new`."""

import rich_click as click

from riptui.cli.commands.study import new_file_argument
from riptui.cli.lazy import command


@command("riptui.cli.study.new:new")
@new_file_argument
@click.option(
    "--preset",
    type=click.Choice(
        [
            *("quick", "orders", "order", "interventions", "paper-1", "paper-2"),
            *("stability", "autoencoder", "slides-decoders", "slides-prompts", "no-op"),
        ]
    ),
    metavar="NAME",
    default="quick",
    show_default=True,
    help="quick: four pictures, three classical inpainters, a minute or two; orders, or order: orders of squares "
    "compared; interventions: what holds the drift back; slides-prompts: no prompt, background and a learned one; "
    "paper-1, paper-2: the paper's experiments; stability: the field's systems compared; autoencoder: repeated "
    "decoding by several VAEs; slides-decoders: a "
    "model with conditional decoders; no-op: image to image that is told to change nothing, by strength.",
)
def new() -> None:
    """Write a study file in which every line is explained. An existing file is never replaced.

    \b
    riptui study new quick.toml
    riptui study new paper.toml --preset paper-1
    """
