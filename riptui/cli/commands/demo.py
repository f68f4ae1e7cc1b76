"""`riptui demo`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import display_option, runs_option


@click.command()
@runs_option
@click.option("--mask", type=int, default=64, show_default=True, help="Square size in px.")
@display_option
@calls("riptui.cli.demo:demo")
def demo() -> None:
    """See a photograph drift: 400 % of it repainted by OpenCV's Navier-Stokes inpainter, saved and measured.

    The picture is a cup of coffee by Rachel Michetti (public domain, CC0).
    """
