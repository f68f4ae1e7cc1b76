"""`riptui devices`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option
from riptui.cli.values import complete_devices


@command("riptui.cli.devices:devices")
@click.argument("wanted", metavar="[D,D]", default="", shell_complete=complete_devices)
@runs_option
@json_option
def devices() -> None:
    """List this machine's GPUs: who uses each, and whether --devices free takes it. D,D: show what that would take.

    GPUs have the numbers by which CUDA counts what CUDA_VISIBLE_DEVICES shows. The UUID of a GPU or of a MIG device, or
    its beginning, is a name too, and stays the same. A GPU is free if only workers of the runs folder use it.

    \b
    riptui devices
    riptui devices free
    riptui devices 1,0
    """
