"""`riptui run`."""

from pathlib import Path

import rich_click as click

from riptui.cli import computing_options, options
from riptui.cli.lazy import command
from riptui.cli.values import NUMBERS, NameListParam, PictureParam
from riptui.inpainters import DEFAULT_INPAINTER, REGISTRY
from riptui.spec import COLOUR_MATCHES, FITS, SQUARE_ORDERS, SQUARE_SOURCES


@command("riptui.cli.run:run")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE|FOLDER...", type=PictureParam())
@options.multi_option(
    "--inpainter",
    "-i",
    "inpainters",
    type=NameListParam(lambda: REGISTRY),
    default=DEFAULT_INPAINTER,
    show_default=True,
    metavar="NAME",
    help=f"Inpainters: {', '.join(REGISTRY.built_in)}; or a model by its hub id, org/name[@revision], "
    "its page on the hub, its folder or its file; or a program that your settings name ([inpainters.NAME], see riptui "
    "config). Separate several by commas.",
)
@click.option(
    "--set",
    "key_values",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a parameter of the inpainter, e.g. radius=5. May be repeated.",
)
@options.multi_option(
    "--mask",
    "masks",
    type=NUMBERS,
    default="128",
    show_default=True,
    help="Mask sizes: the side of a square in px, e.g. 64,128,256. Inpainters of whole pictures have none.",
)
@click.option(
    "--amount",
    type=float,
    default=400.0,
    show_default=True,
    help="Stop at this amount: pixels repainted, in % of the image (repeats count).",
)
@options.multi_option("--seed", "seeds", type=NUMBERS, default="0", show_default=True, help="Seeds, e.g. 3 or 0-9.")
@click.option(
    "--order",
    type=click.Choice(SQUARE_ORDERS),
    metavar="HOW",
    default="replacement",
    show_default=True,
    help="Order of squares. replacement: at random, as in the paper; shuffle: each once per 100 %; raster: row by row; "
    "offset: at random, on a grid that is shifted each time by multiples of 8 px, across the edges; lama-thin, "
    "lama-medium, lama-thick: irregular masks by LaMa's recipe; cycle, draw: the masks of --masks.",
)
@click.option(
    "--masks",
    "mask_folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Your own masks: pictures, white where to repaint, used in turn (--order cycle) or drawn (--order draw).",
)
@click.option(
    "--squares",
    type=click.Choice(SQUARE_SOURCES),
    metavar="WHOSE",
    default="own",
    show_default=True,
    help="Squares and noise of a seed. own: each picture draws its own; shared: all pictures get the same.",
)
@click.option(
    "--paste",
    type=click.Choice(["frame", "original", "none"]),
    is_flag=False,
    flag_value="frame",
    metavar="ONTO",
    default="frame",
    show_default=True,
    help="Paste what was repainted onto the frame before, as in the paper; onto the original, so that a frame differs "
    "from it in one mask only; or keep the whole output.",
)
@click.option("--no-paste", is_flag=True, help="The same as --paste none.")
@click.option(
    "--anchor",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    show_default="never",
    help="Every N iterations, paint one square back from the original.",
)
@click.option(
    "--match",
    type=click.Choice(COLOUR_MATCHES),
    metavar="WHAT",
    default="none",
    show_default=True,
    help="With border, give what was repainted, before the paste, the mean and the deviation of the colours along the "
    "mask's border.",
)
@click.option(
    "--feather",
    type=click.IntRange(0),
    metavar="PX",
    default=0,
    show_default=True,
    help="Blend the paste over so many px inside the mask's border.",
)
@click.option(
    "--schedule",
    "schedules",
    multiple=True,
    metavar="NAME=A..B",
    help="Change a parameter of the inpainter over the iterations: strength=1..0.3 goes evenly from 1 to 0.3, "
    "'prompt=a cat|a dog' has one after the other. May be repeated for others.",
)
@click.option(
    "--size", type=int, default=512, show_default=True, help="Frame size in px: a multiple of 64 from 256 to 2048."
)
@click.option(
    "--fit",
    type=click.Choice(FITS),
    metavar="HOW",
    default="bands",
    show_default=True,
    help="How to make a picture square. bands: add black bands; crop: take the middle; stretch: distort it.",
)
@click.option("--recursive", "-r", is_flag=True, help="Take the pictures in the subfolders of a folder, too.")
@click.option("--strict", is_flag=True, help="Refuse damaged pictures, which are otherwise used with a note.")
@computing_options.model_options
@computing_options.metrics_option
@options.measure_option
@options.runs_option
@click.option("--group", default="", metavar="G", help="Folder in the runs folder, e.g. fig7 or fig7/cats.")
@click.option("--name", default="", metavar="N", help="Name of the trajectory, if there is only one.")
@options.detach_option
@options.priority_option
@options.care_options
@options.worker_options
@options.display_option
@options.json_option
@click.option_panel(
    "Recursion",
    options=[
        *("--inpainter", "--set", "--mask", "--amount", "--seed", "--order", "--masks", "--squares"),
        *("--paste", "--no-paste", "--anchor", "--schedule", "--match", "--feather", "--size", "--fit"),
    ],
)
@click.option_panel("Pictures", options=["--recursive", "--strict"])
@click.option_panel("Diffusion models", options=[*computing_options.MODEL_OPTIONS, "--allow-pickle"])
@click.option_panel("Worker", options=["--detach", "--priority", *options.CARE_OPTIONS, *options.WORKER_OPTIONS])
@click.option_panel("Metrics", options=["--metrics", "--measure"])
@click.option_panel("Output", options=["--runs", "--group", "--name"])
def run() -> None:
    """Repaint pictures recursively, square by square, and measure how far they drift.

    Each combination of picture, inpainter, mask size and seed is a trajectory. Running the same command again resumes
    interrupted trajectories and skips finished ones; new metrics are measured from the saved frames. From a
    folder, all readable pictures are used; the others are named, and the exit code is then 1. Of a trajectory or a
    group, such as riptui generate makes, the last frames are used.

    \b
    riptui run cat.jpg                               as in the paper, mask 128
    riptui run *.jpg --mask 64,128,256 --group fig7  the paper's first experiment
    riptui run riptui:coffee --mask 64               a picture that riptui brings
    riptui run photos --recursive                    a folder and its subfolders
    riptui run cat.jpg --seed 0-9 --amount 1000      ten seeds, beyond 400 %
    riptui run cat.jpg -i telea --order shuffle      each square once per 100 %
    riptui run *.jpg -i sd2 --detach                 a model, in the background
    riptui run runs/an-owl --mask 64                 from a group's last frames
    """
