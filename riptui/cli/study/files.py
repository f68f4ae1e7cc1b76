"""`riptui study new`, `plan` and `sbatch`: what comes before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import json_option
from riptui.cli.study import file_argument, opened
from riptui.wording import lasting, sized

if TYPE_CHECKING:
    from riptui.study.forecast import Forecast


@click.command(short_help="Write a study file, with comments.")
@file_argument
@click.option(
    "--preset",
    type=click.Choice(["quick", "paper-1", "paper-2"]),
    default="quick",
    show_default=True,
    help="quick: four pictures, three classical inpainters, a minute; paper-1, paper-2: the paper's experiments.",
)
def new(file: Path, preset: str) -> int:
    """Write a study file in which every line is explained. It never replaces a file."""
    from riptui.cli.console import say, shown
    from riptui.study.presets import write

    write(preset, file)
    say(f"{shown(file)} is written; what it will take: riptui study plan {shown(file)}")
    return 0


@click.command(short_help="What a study will take, before anything runs.")
@file_argument
@json_option
def plan(file: Path, as_json: bool) -> int:
    """Tell what a study will take: trajectories, inpaintings, hours and room on the disk. Computes nothing.

    The hours are those of one device, from the iterations of the same inpainter, settings, size and mask that are in
    the runs folder. Where there are none, what needs no model is tried once; how fast a model is here stays unknown.
    """
    from dataclasses import asdict

    from riptui.cli.console import emit
    from riptui.study.forecast import forecast

    study = opened(file)
    told = forecast(study)
    if as_json:
        emit(
            {"file": str(study.file), "folder": str(study.folder), **asdict(told), "missing": [*map(str, told.missing)]}
        )
    else:
        _tell(told, str(study.folder))
    return 0


def _tell(told: Forecast, folder: str) -> None:
    from riptui.cli.console import note, say

    say(f"{told.pictures:,} pictures, {told.trajectories:,} trajectories in {folder}, {told.existing:,} of them made")
    say(f"{told.iterations:,} inpaintings, {told.done:,} of them done")
    left = (
        "unknown, for a model in it never ran here: `riptui study run` for some minutes, then plan again"
        if told.hours is None
        else f"about {lasting(told.hours * 3600)}"
    )
    say(f"time on one device: {left}")
    say(f"room on the disk: about {sized(told.room)}, {sized(told.free)} free")
    if told.room > told.free:
        note("the disk has not enough room: free some, or choose another runs folder")
    for text in told.unfetched:
        note(f"{text} is not on this machine: `riptui study run` fetches all of it, for one sample too")
    for path in told.missing:
        note(f"{path} is not there")


@click.command(short_help="Print a SLURM script whose tasks are workers.")
@file_argument
@click.option("--tasks", type=click.IntRange(1, 1000), default=4, show_default=True, help="Workers.")
@click.option(
    "--gpus",
    type=click.IntRange(0, 1),
    show_default="1 if a model is in it",
    help="GPUs of each; 0: on the CPU.",
)
@click.option("--cpus", type=click.IntRange(1, 1024), default=4, show_default=True, help="CPU cores of each.")
@click.option("--mem", default="", metavar="SIZE", show_default="the cluster's", help="Memory of each, e.g. 32G.")
@click.option("--time", default="", metavar="T", show_default="the cluster's", help="Time limit, e.g. 12:00:00.")
@click.option("--partition", default="", metavar="P", show_default="the cluster's", help="Where they run.")
def sbatch(file: Path, tasks: int, gpus: int | None, cpus: int, mem: str, time: str, partition: str) -> int:
    """Print a script for sbatch: an array of tasks, each a worker that leaves when nothing is left.

    \b
    riptui study run paper.toml --workers 0 --detach    queue the study
    riptui study sbatch paper.toml --tasks 8 > job.sh   and its workers
    sbatch job.sh
    """
    import sys

    from riptui.executors.slurm import Wanted, script

    study = opened(file)
    gpus = int(study.needs_weights) if gpus is None else gpus
    sys.stdout.write(script(study, Wanted(tasks, gpus, cpus, mem, time, partition)))
    return 0
