"""`riptui run` and `riptui resume`."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from riptui.cli.options import (
    MODEL_OPTIONS,
    WORKER_OPTIONS,
    NameListParam,
    NumberListParam,
    detach_option,
    display_option,
    given_parameters,
    measure_option,
    metrics_option,
    model_options,
    multi_option,
    parse_settings,
    paths_argument,
    runs_option,
    worker_options,
)
from riptui.errors import RiptuiError, SourceError
from riptui.inpainters import DEFAULT_INPAINTER, REGISTRY
from riptui.spec import FITS, SQUARE_ORDERS, Fit, MeasureInterval, SquareOrder

if TYPE_CHECKING:
    from riptui.images import PreparedImage
    from riptui.store.records import Request
    from riptui.store.trajectory import Trajectory
    from riptui.supervision.client import WorkerOptions


@click.command(short_help="Repaint pictures recursively; measure how far they drift.")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@multi_option(
    "--inpainter",
    "-i",
    "inpainters",
    type=NameListParam(lambda: list(REGISTRY)),
    default=DEFAULT_INPAINTER,
    show_default=True,
    metavar="NAME",
    help=f"What repaints: {', '.join(REGISTRY.built_in)}; or a model by its hub id, org/name@revision, or its folder. "
    "Several may be given.",
)
@click.option(
    "--set", "key_values", multiple=True, metavar="KEY=VALUE", help="A parameter of the inpainter, e.g. radius=5."
)
@multi_option(
    "--mask", "masks", type=NumberListParam(), default="128", show_default=True, help="Square size in px: 64,128,256."
)
@click.option("--amount", type=float, default=400.0, show_default=True, help="% inpainted to go to, repeats counted.")
@multi_option("--seed", "seeds", type=NumberListParam(), default="0", show_default=True, help="Seeds, e.g. 3 or 0-9.")
@click.option(
    "--order",
    type=click.Choice(SQUARE_ORDERS),
    metavar="HOW",
    default="replacement",
    show_default=True,
    help="Draw squares with replacement, as in the paper; shuffle: each once per 100 %; or raster: row by row.",
)
@click.option("--paste/--no-paste", default=True, show_default=True, help="Keep only the square of what comes back.")
@click.option("--size", type=int, default=512, show_default=True, help="Frame size in px, a multiple of 64, 256-2048.")
@click.option(
    "--fit",
    type=click.Choice(FITS),
    metavar="HOW",
    default="bands",
    show_default=True,
    help="Pictures that are not square get black bands; crop: the middle square; or stretch.",
)
@model_options
@metrics_option
@measure_option
@runs_option
@click.option("--group", default="", metavar="G", help="Folder below the runs folder, e.g. fig7 or fig7/cats.")
@click.option("--name", default="", metavar="N", help="The trajectory's name, when there is only one.")
@detach_option
@worker_options
@display_option
@click.option_panel(
    "What", options=["--inpainter", "--set", "--mask", "--amount", "--seed", "--order", "--paste", "--size", "--fit"]
)
@click.option_panel("Diffusion models", options=[*MODEL_OPTIONS, "--allow-pickle"])
@click.option_panel("The worker", options=["--detach", *WORKER_OPTIONS])
@click.option_panel("Measuring", options=["--metrics", "--measure"])
@click.option_panel("Where", options=["--runs", "--group", "--name"])
def run(
    images: tuple[Path, ...],
    inpainters: tuple[str, ...],
    key_values: tuple[str, ...],
    masks: tuple[int, ...],
    amount: float,
    seeds: tuple[int, ...],
    order: SquareOrder,
    paste: bool,
    size: int,
    fit: Fit,
    metrics: tuple[str, ...] | None,
    measure_at: MeasureInterval,
    runs: Path,
    group: str,
    name: str,
    detach: bool,
    options: WorkerOptions,
    display: str,
    **model: str | bool | None,
) -> int:
    """Repaint pictures recursively, square by square, and measure how far they drift.

    Every picture x inpainter x mask x seed is a trajectory. The same command again resumes what was interrupted and
    leaves what is done alone; metrics that are new are measured from the saved frames.

    \b
    riptui run cat.jpg                               as in the paper, mask 128
    riptui run *.jpg --mask 64,128,256 --group fig7  its first experiment
    riptui run cat.jpg --seed 0-9 --amount 1000      ten seeds, beyond its 400 %
    riptui run cat.jpg -i telea --order shuffle      each square once per 100 %
    riptui run *.jpg -i sd2 --detach                 a diffusion model, in a worker that outlives the terminal
    """
    from riptui.cli.console import warn
    from riptui.cli.metric_choice import choose_metrics
    from riptui.inpainters import resolve_inpainter as resolve_inpainter
    from riptui.metrics import check_names
    from riptui.planning.submit import submit
    from riptui.planning.sweep import Sweep, require_valid_names
    from riptui.store.records import Request

    metrics = None if metrics is None else check_names(metrics)  # what is mistyped is said before anything takes time
    sweep = Sweep(
        inpainters, masks, seeds, parse_settings(key_values) | given_parameters(model), amount, order, paste, size, fit
    )
    require_valid_names(group, name, len(images) * len(sweep))
    for notice in filter(None, (resolve_inpainter(inpainter).notice for inpainter in inpainters)):
        warn(notice)
    pictures = read_pictures(images, size=size, fit=fit)
    request = Request("run", choose_metrics(metrics), measure_at, time.time())
    trajectories = submit(runs, pictures, sweep, request, group=group, name=name)
    return run_trajectories(trajectories, display, request, runs=runs, options=options, detach=detach)


def read_pictures(paths: tuple[Path, ...], *, size: int, fit: Fit) -> list[PreparedImage]:
    """All source images, with what was done to them said; exits if any cannot be used, after naming all of those."""
    from riptui.cli.console import print_error, warn
    from riptui.images import prepare_original

    pictures, failed = [], False
    for path in paths:
        try:
            pictures.append(prepare_original(path, size=size, fit=fit))
        except SourceError as error:
            print_error(str(error))
            failed = True
            continue
        for text in pictures[-1].notes:
            warn(f"{path.name}: {text}")
    if failed:
        raise Exit(SourceError.exit_code)
    return pictures


@click.command(short_help="Go on where trajectories stopped.")
@paths_argument
@runs_option
@detach_option
@worker_options
@display_option
@click.option_panel("The worker", options=["--detach", *WORKER_OPTIONS])
def resume(paths: tuple[Path, ...], runs: Path, detach: bool, options: WorkerOptions, display: str) -> int:
    """Go on where trajectories stopped or were paused, or failed. PATH: a trajectory, or a folder of them.

    What is done is left alone; what another process computes is waited for.
    """
    from riptui.cli.console import warn
    from riptui.store.listing import find_all_trajectories
    from riptui.store.worker_registry import find_runs_folder

    trajectories = find_all_trajectories(paths)
    if len(trajectories) > 1 and display not in ("json", "none"):
        warn(f"{sum(map(_has_work, trajectories))} of {len(trajectories)} trajectories to go on with")
    return run_trajectories(
        trajectories, display, runs=find_runs_folder(trajectories, runs), options=options, detach=detach
    )


def run_trajectories(
    trajectories: Sequence[Trajectory],
    display: str,
    request: Request | None = None,
    *,
    runs: Path,
    options: WorkerOptions | None = None,
    detach: bool = False,
) -> int:
    """Compute trajectories with a display of that name; return the exit code.

    A worker does it if that is wished or if there is a model that it can keep warm; otherwise this process.
    """
    from riptui.cli.console import warn
    from riptui.cli.in_process import run_in_process
    from riptui.cli.run_display import open_display
    from riptui.cli.via_worker import queue_for_worker, run_in_worker
    from riptui.supervision.client import WorkerOptions

    options = options or WorkerOptions()
    if detach:
        return queue_for_worker(runs, trajectories, display, request, options)
    with open_display(display, trajectories) as run_display:
        if any(map(_has_weights, trajectories)):
            code = run_in_worker(runs, trajectories, run_display, request, options)
        else:
            code = run_in_process(trajectories, run_display, request)
    if code > 128 and (unfinished := [trajectory for trajectory in trajectories if _has_work(trajectory, request)]):
        folder = os.path.commonpath([os.path.relpath(trajectory.path) for trajectory in unfinished])
        warn(f"stopped; what was computed is saved. Go on with: riptui resume {shlex.quote(folder)}")
    return code


def _has_weights(trajectory: Trajectory) -> bool:
    from riptui.inpainters import find_inpainter

    try:
        return find_inpainter(trajectory.spec.inpainter).runs_in_worker
    except RiptuiError:  # which is told when it is its turn
        return False


def _has_work(trajectory: Trajectory, request: Request | None = None) -> bool:
    from riptui.store.requests import has_work

    try:
        return has_work(trajectory, request)
    except RiptuiError:  # it was removed, or was never readable
        return False
