"""`riptui rate`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import graphics_option, lookup_option, path_argument
from riptui.cli.values import NumberRange


@command("riptui.cli.rate:rate")
@path_argument
@click.option(
    "--mode",
    type=click.Choice(["ab", "best", "tags"]),
    default="ab",
    show_default=True,
    help="What is asked. ab: which of two; best: which of up to six; tags: what is wrong with one picture.",
)
@click.option("--rater", metavar="NAME", show_default="your user name", help="Who rates.")
@click.option(
    "--question", metavar="TEXT", default="", help='The words of it, e.g. "Which is closer to the original?".'
)
@click.option(
    "--at",
    multiple=True,
    type=NumberRange(min=0, min_open=True),
    metavar="PERCENT",
    show_default="the end",
    help="Rate the frames at this inpainted %. May be repeated.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws the questions and their order."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Ask N questions; the same ones for each rater.")
@graphics_option
@lookup_option
def rate() -> None:
    """Rate frames blind, in this terminal. PATH: a runs folder or a group; its trajectories are rated.

    ab and best compare frames of one picture and seed that differ in inpainter, mask or settings. Nothing tells which
    is which; order and sides are drawn by the seed. Each answer is saved at once, in ratings.NAME.jsonl in PATH: leave
    and come back at any time. `riptui ratings` summarises them.

    \b
    riptui rate runs/fig7 --rater ann --limit 50
    riptui rate runs/fig7 --mode tags --at 100 --at 400
    """
