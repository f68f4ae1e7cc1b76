"""`riptui generate`."""

import rich_click as click

from riptui.cli import computing_options, options
from riptui.cli.lazy import command
from riptui.cli.values import NUMBERS, NameListParam
from riptui.inpainters import REGISTRY
from riptui.inpainters.models.catalogue import MODELS


@command("riptui.cli.generate:generate")
@click.argument("prompt")
@options.multi_option(
    "--model",
    "-m",
    "models",
    type=NameListParam(lambda: MODELS),
    metavar="NAME",
    help="Text-to-image models: by hub id, org/name[@revision], page on the hub, folder or file; or sd3. Separate "
    "several by commas.",
)
@options.multi_option(
    "--inpainter",
    "-i",
    "repainters",
    type=NameListParam(lambda: REGISTRY),
    metavar="NAME",
    help="Inpainters, such as sd2, that repaint the whole of a grey picture; as in riptui run.",
)
@options.multi_option("--seed", "seeds", type=NUMBERS, default="0", show_default=True, help="Seeds, e.g. 3 or 0-99.")
@click.option("--size", type=int, default=512, show_default=True, help="Size in px: a multiple of 64 from 256 to 2048.")
@click.option("--set", "key_values", multiple=True, metavar="KEY=VALUE", help="Set a parameter of the model.")
@computing_options.generation_options
@options.runs_option
@click.option("--group", default="", metavar="G", help="Folder in the runs folder, e.g. seeds or seeds/cats.")
@options.detach_option
@options.priority_option
@options.care_options
@options.worker_options
@options.display_option
@options.json_option
@click.option_panel("Pictures", options=["--model", "--inpainter", "--seed", "--size", "--set"])
@click.option_panel("Diffusion models", options=[*computing_options.GENERATION_OPTIONS, "--allow-pickle"])
@click.option_panel("Worker", options=["--detach", "--priority", *options.CARE_OPTIONS, *options.WORKER_OPTIONS])
@click.option_panel("Output", options=["--runs", "--group"])
def generate() -> None:
    """Make a picture from a prompt with each seed, for riptui diversity, or to repaint afterwards.

    Each picture is a trajectory of one iteration, which repaints the whole of a grey original; all of a prompt are in
    the folder RUNS/GROUP/PROMPT. A seed gives the same noise to all prompts and models. Running the command again
    resumes what was interrupted and skips what is finished.

    \b
    riptui generate "an owl" -m org/name --seed 0-99   a hundred pictures
    riptui generate "an owl" -m org/name,./other       two models, the same noise
    riptui generate "an owl" -i sd2 --seed 0-99        by a model that inpaints
    riptui diversity runs/an-owl                       how much they differ
    riptui run runs/an-owl --mask 64                   repaint them recursively
    """
