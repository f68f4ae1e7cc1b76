"""`riptui demo`."""

import rich_click as click

from riptui.cli import options
from riptui.cli.lazy import command


@command("riptui.cli.demo:demo")
@options.runs_option
@click.option("--mask", type=int, default=64, show_default=True, help="Square size in px.")
@options.graphics_option
@options.display_option
def demo() -> None:
    """See a photograph drift: repaint 400 % of its pixels with OpenCV's Navier-Stokes inpainter, and measure it.

    This takes seconds and needs no GPU, no model and no network. The picture is a cup of coffee by Rachel Michetti
    (public domain, CC0).
    """
