"""`riptui demo`: a first trajectory of a bundled picture, in seconds, without a GPU, weights or network."""

from importlib.resources import as_file, files
from pathlib import Path

import rich_click as click

from riptui.cli.options import display_option, runs_option


@click.command()
@runs_option
@click.option("--mask", type=int, default=64, show_default=True, help="Square size in px.")
@display_option
def demo(runs: Path, mask: int, display: str) -> int:
    """See a photograph drift: 400 % of it repainted by OpenCV's Navier-Stokes inpainter, saved and measured.

    The picture is a cup of coffee by Rachel Michetti (public domain, CC0).
    """
    from riptui.cli.console import note, out, say
    from riptui.cli.metrics import choose
    from riptui.cli.runs import carry_out
    from riptui.cli.show import beside
    from riptui.images import prepare
    from riptui.plan import Sweep, submit

    with as_file(files("riptui") / "pictures" / "coffee.jpg") as file:
        picture = prepare(file, fit="crop")
    sweep = Sweep(["navier-stokes"], [mask], [0], {}, fit="crop")
    request = choose(None, "half")
    [trajectory] = submit(runs, [picture], sweep, request, group="demo")
    code = carry_out([trajectory], display, request)
    if code or display in ("json", "none"):
        return code
    if out.is_terminal:
        out.print(beside(trajectory, trajectory.spec.iterations, out.width), end="")
    else:
        note("on a terminal, the original and the last frame are shown here")
    say(f"\nIt is in {trajectory.path}. Next:")
    for command, what in (
        (f"riptui show {trajectory.path}", "all that was measured"),
        (f"riptui export {trajectory.path} --strip drift.png --gif drift.gif", "pictures of it"),
        ("riptui run YOUR.jpg --mask 64,128,256", "your own picture, three mask sizes"),
        ("riptui doctor", "what this machine can do"),
    ):
        say(f"    {command:<68}  {what}")
    return 0
