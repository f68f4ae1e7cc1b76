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
    Names,
    Numbers,
    detach_option,
    display_option,
    measure_option,
    metrics_option,
    model_options,
    paths_argument,
    runs_option,
    settings,
    several,
    told,
    worker_options,
)
from riptui.errors import RiptuiError, SourceError
from riptui.inpainters import DEFAULT, REGISTRY
from riptui.spec import FITS, ORDERS, Fit, Measure, Order

if TYPE_CHECKING:
    from riptui.client import Wish
    from riptui.images import Prepared
    from riptui.store.records import Request
    from riptui.store.trajectory import Trajectory


@click.command(short_help="Repaint pictures recursively; measure how far they drift.")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@several(
    "--inpainter",
    "-i",
    "inpainters",
    type=Names(lambda: list(REGISTRY)),
    default=DEFAULT,
    show_default=True,
    metavar="NAME",
    help=f"What repaints: {', '.join(REGISTRY)}; or a model by its hub id, org/name@revision, or its folder. "
    "Several may be given.",
)
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A parameter of the inpainter, e.g. radius=5.")
@several("--mask", "masks", type=Numbers(), default="128", show_default=True, help="Square size in px: 64,128,256.")
@click.option("--amount", type=float, default=400.0, show_default=True, help="% inpainted to go to, repeats counted.")
@several("--seed", "seeds", type=Numbers(), default="0", show_default=True, help="Seeds, e.g. 3 or 0-9.")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
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
    given: tuple[str, ...],
    masks: tuple[int, ...],
    amount: float,
    seeds: tuple[int, ...],
    order: Order,
    paste: bool,
    size: int,
    fit: Fit,
    metrics: tuple[str, ...] | None,
    measure_at: Measure,
    runs: Path,
    group: str,
    name: str,
    detach: bool,
    wish: Wish,
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
    from riptui.cli.console import note
    from riptui.cli.metrics import choose
    from riptui.inpainters import choose as named
    from riptui.metrics import parse
    from riptui.plan import submit
    from riptui.store.records import Request
    from riptui.sweep import Sweep, require_place

    metrics = None if metrics is None else parse(metrics)  # what is mistyped is said before anything takes time
    sweep = Sweep(inpainters, masks, seeds, settings(given) | told(model), amount, order, paste, size, fit)
    require_place(group, name, len(images) * len(sweep))
    for notice in filter(None, (named(one).notice for one in inpainters)):
        note(notice)
    pictures = read_pictures(images, size=size, fit=fit)
    request = Request("run", choose(metrics), measure_at, time.time())
    trajectories = submit(runs, pictures, sweep, request, group=group, name=name)
    return carry_out(trajectories, display, request, runs=runs, wish=wish, detach=detach)


def read_pictures(paths: tuple[Path, ...], *, size: int, fit: Fit) -> list[Prepared]:
    """All source images, with what was done to them said; exits if any cannot be used, after naming all of those."""
    from riptui.cli.console import complain, note
    from riptui.images import prepare

    pictures, failed = [], False
    for path in paths:
        try:
            pictures.append(prepare(path, size=size, fit=fit))
        except SourceError as error:
            complain(str(error))
            failed = True
            continue
        for what in pictures[-1].notes:
            note(f"{path.name}: {what}")
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
def resume(paths: tuple[Path, ...], runs: Path, detach: bool, wish: Wish, display: str) -> int:
    """Go on where trajectories stopped or were paused, or failed. PATH: a trajectory, or a folder of them.

    What is done is left alone; what another process computes is waited for.
    """
    from riptui.cli.console import note
    from riptui.store.listing import find_all
    from riptui.store.workers import runs_of

    found = find_all(paths)
    if len(found) > 1 and display not in ("json", "none"):
        note(f"{sum(map(_can_go_on, found))} of {len(found)} trajectories to go on with")
    return carry_out(found, display, runs=runs_of(found, runs), wish=wish, detach=detach)


def carry_out(
    trajectories: Sequence[Trajectory],
    display: str,
    wanted: Request | None = None,
    *,
    runs: Path,
    wish: Wish | None = None,
    detach: bool = False,
) -> int:
    """Compute trajectories with a display of that name; return the exit code.

    A worker does it if that is wished or if there is a model that it can keep warm; otherwise this process.
    """
    from riptui.cli.attend import attend, leave_to_worker
    from riptui.cli.console import note
    from riptui.cli.display import open_display
    from riptui.cli.jobs import perform
    from riptui.client import Wish

    wish = wish or Wish()
    if detach:
        return leave_to_worker(runs, trajectories, display, wanted, wish)
    with open_display(display, trajectories) as shown:
        if any(map(_has_weights, trajectories)):
            code = attend(runs, trajectories, shown, wanted, wish)
        else:
            code = perform(trajectories, shown, wanted)
    if code > 128 and (left := [trajectory for trajectory in trajectories if _can_go_on(trajectory, wanted)]):
        folder = os.path.commonpath([os.path.relpath(trajectory.path) for trajectory in left])
        note(f"stopped; what was computed is saved. Go on with: riptui resume {shlex.quote(folder)}")
    return code


def _has_weights(trajectory: Trajectory) -> bool:
    from riptui.inpainters import entry

    try:
        return entry(trajectory.spec.inpainter).weights
    except RiptuiError:  # which is told when it is its turn
        return False


def _can_go_on(trajectory: Trajectory, wanted: Request | None = None) -> bool:
    from riptui.store.wanted import to_do

    try:
        return to_do(trajectory, wanted)
    except RiptuiError:  # it was removed, or was never readable
        return False
