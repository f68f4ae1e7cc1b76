"""`riptui study new`, `plan` and `sbatch`: what comes before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import json_option
from riptui.cli.study import file_argument, read_study
from riptui.text.units import format_duration, format_size

if TYPE_CHECKING:
    from riptui.study.study_estimate import StudyEstimate


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
    from riptui.cli.console import print_line, short_path
    from riptui.study.presets import write_preset

    write_preset(preset, file)
    print_line(f"{short_path(file)} is written; what it will take: riptui study plan {short_path(file)}")
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

    from riptui.cli.console import print_json
    from riptui.study.study_estimate import estimate_study

    study = read_study(file)
    cost = estimate_study(study)
    if as_json:
        print_json(
            {"file": str(study.file), "folder": str(study.folder), **asdict(cost), "missing": [*map(str, cost.missing)]}
        )
    else:
        _print_cost(cost, str(study.folder))
    return 0


def _print_cost(cost: StudyEstimate, folder: str) -> None:
    from riptui.cli.console import print_line, warn

    print_line(
        f"{cost.pictures:,} pictures, {cost.trajectories:,} trajectories in {folder}, {cost.existing:,} of them made"
    )
    print_line(f"{cost.iterations:,} inpaintings, {cost.done:,} of them done")
    time_text = (
        "unknown, for a model in it never ran here: `riptui study run` for some minutes, then plan again"
        if cost.hours is None
        else f"about {format_duration(cost.hours * 3600)}"
    )
    print_line(f"time on one device: {time_text}")
    print_line(f"room on the disk: about {format_size(cost.room)}, {format_size(cost.free)} free")
    if cost.room > cost.free:
        warn("the disk has not enough room: free some, or choose another runs folder")
    for text in cost.unfetched:
        warn(f"{text} is not on this machine: `riptui study run` fetches all of it, for one sample too")
    for path in cost.missing:
        warn(f"{path} is not there")


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

    from riptui.study.slurm import SlurmResources, make_script

    study = read_study(file)
    gpus = int(study.needs_weights) if gpus is None else gpus
    sys.stdout.write(make_script(study, SlurmResources(tasks, gpus, cpus, mem, time, partition)))
    return 0
