"""`riptui demo`: a first trajectory of a bundled picture, in seconds, without a GPU, weights or network."""

import shlex
from pathlib import Path

import rich_click as click

from riptui.cli.options import display_option, runs_option


@click.command(short_help="See a photograph drift: a first trajectory, in seconds.")
@runs_option
@click.option("--mask", type=int, default=64, show_default=True, help="Square size in px.")
@display_option
def demo(runs: Path, mask: int, display: str) -> int:
    """See a photograph drift: 400 % of it repainted by OpenCV's Navier-Stokes inpainter, saved and measured.

    The picture is a cup of coffee by Rachel Michetti (public domain, CC0).
    """
    from riptui.cli.console import note, out, say, shown
    from riptui.cli.metrics import choose
    from riptui.cli.runs import carry_out
    from riptui.cli.show import beside
    from riptui.plan import demonstration
    from riptui.store.records import Request

    request = Request("run", choose(None, fetch=False))
    trajectory = demonstration(runs, request, mask=mask)
    code = carry_out([trajectory], display, request, runs=runs)
    if code or display in ("json", "none"):
        return code
    if out.is_terminal:
        out.print(beside(trajectory, trajectory.spec.iterations), end="")
    else:
        note("on a terminal, the original and the last frame are shown here")
    place = shlex.quote(shown(trajectory.path))
    say(f"It is in {place}. Next:")
    for what, command in (
        ("all that was measured", f"riptui show {place}"),
        ("pictures of it", f"riptui export {place} --strip drift.png --gif drift.gif"),
        ("your own picture, three mask sizes", "riptui run YOUR.jpg --mask 64,128,256"),
        ("what this machine can do", "riptui doctor"),
    ):
        say(f"  {what:<36}{command}")
    return 0
