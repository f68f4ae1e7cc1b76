"""`riptui ls`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import folders_argument, json_option


@command("riptui.cli.ls:ls")
@folders_argument
@click.option(
    "--filter", "filter_text", metavar="TEXT", default="", help="List only what matches, as / does in the app."
)
@json_option
def ls() -> None:
    """List the trajectories in RUNS: status, amount inpainted, newest value of a metric.

    RUNS is a runs folder or any folder in it; of several, one list has all. The default is $RIPTUI_RUNS, the runs
    folder of the settings, or ./runs.

    ✓ done, ● running, ○ queued, ‖ paused, ✗ failed, ◼ interrupted, ! unreadable; ≠ mixed: its sessions differ in
    device, versions or batch, as `riptui show` tells.

    \b
    --filter takes what the app takes after /:
    cat m64                     letters of the path, in this order
    mask:64,128 seed:0-9        numbers, ranges: mask, seed, size ...
    inpainter:sd steps:50       fields and parameters of the spec
    status:failed group:fig7    how the status or the path begins
    tag:usable note:whiskers    what people wrote; see riptui tag, riptui note
    lpips>0.4 inpainted<200     the newest value, the amount inpainted
    -tag:blurred                what does not hold
    mask:64 or seed:3           either
    @night                      a filter that got this name in the app
    """
