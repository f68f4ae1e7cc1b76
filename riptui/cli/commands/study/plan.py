"""`riptui study plan`."""

from riptui.cli.commands.study import file_argument
from riptui.cli.lazy import command
from riptui.cli.options import json_option


@command("riptui.cli.study.plan:plan")
@file_argument
@json_option
def plan() -> None:
    """Estimate a study: trajectories, inpaintings, hours and disk space. Computes no trajectory.

    The hours are for one device, from past runs in the runs folder with the same inpainter, settings, size and mask.
    Without past runs, classical inpainters are timed for a moment; the speed of a model stays unknown.
    Weights, packages, programs and servers that this machine lacks are named, and how to get them.
    """
