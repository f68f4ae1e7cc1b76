"""`riptui run`: repaint pictures recursively."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from riptui.cli.console import print_error, warn
from riptui.cli.metric_choice import choose_metrics
from riptui.cli.run_trajectories import run_trajectories
from riptui.cli.worker_options import take_worker_options
from riptui.errors import SourceError
from riptui.images import PreparedImage, prepare_original
from riptui.inpainters import resolve_inpainter
from riptui.metrics import check_names
from riptui.planning.submit import submit
from riptui.planning.sweep import Sweep, require_valid_names
from riptui.spec import Fit, MeasureInterval, ParameterValue, SquareOrder, SquareSource
from riptui.store.records import Request


def run(
    images: tuple[Path, ...],
    inpainters: tuple[str, ...],
    key_values: tuple[str, ...],
    masks: tuple[int, ...],
    amount: float,
    seeds: tuple[int, ...],
    order: SquareOrder,
    squares: SquareSource,
    paste: bool,
    size: int,
    fit: Fit,
    metrics: tuple[str, ...] | None,
    measure_at: MeasureInterval,
    runs: Path,
    group: str,
    name: str,
    detach: bool,
    display: str,
    **model: Any,
) -> int:
    options = take_worker_options(model)
    metrics = None if metrics is None else check_names(metrics)  # a mistyped name fails before anything takes time
    parameters = parse_settings(key_values) | given_parameters(model)
    sweep = Sweep(inpainters, masks, seeds, parameters, amount, order, squares, paste, size, fit)
    require_valid_names(group, name, len(images) * len(sweep))
    for notice in filter(None, (resolve_inpainter(inpainter).notice for inpainter in inpainters)):
        warn(notice)
    pictures = read_pictures(images, size=size, fit=fit)
    request = Request("run", choose_metrics(metrics), measure_at, time.time())
    trajectories = submit(runs, pictures, sweep, request, group=group, name=name)
    return run_trajectories(trajectories, display, request, runs=runs, options=options, detach=detach)


def read_pictures(paths: tuple[Path, ...], *, size: int, fit: Fit) -> list[PreparedImage]:
    """Read the source images and print how each was changed; exit if any is unusable, after naming all of those."""
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


def parse_settings(assignments: tuple[str, ...]) -> dict[str, ParameterValue]:
    """KEY=VALUE options as a dict. Values stay text: each inpainter converts them to its parameters' types."""
    pairs: dict[str, ParameterValue] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise click.BadParameter(f"expected KEY=VALUE, e.g. radius=5, got {assignment!r}", param_hint="--set")
        pairs[key] = value
    return pairs


def given_parameters(options: Mapping[str, str | bool | None]) -> dict[str, ParameterValue]:
    return {key: value for key, value in options.items() if value is not None and value is not False}
