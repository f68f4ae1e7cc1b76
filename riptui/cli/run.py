"""`riptui run`: repaint pictures recursively."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import rich_click as click

from riptui.cli.care import Care
from riptui.cli.console import print_line, short_path, warn
from riptui.cli.metric_choice import choose_metrics
from riptui.cli.run_trajectories import run_trajectories
from riptui.cli.source_images import find_sources, read_pictures
from riptui.cli.worker_options import take_worker_options
from riptui.errors import InputError, SettingsError
from riptui.inpainters.servers.server_place import url_variable
from riptui.metrics import check_names
from riptui.planning.submit import submit
from riptui.planning.sweep import Interventions, Sweep, require_valid_names
from riptui.settings.servers import SERVER_NAMES, clean_url
from riptui.spec import ColourMatch, Fit, MeasureInterval, ParameterValue, PasteBase, SquareOrder, SquareSource
from riptui.store.ownership import explain_umask
from riptui.store.records import Request

PasteOption = Literal["frame", "original", "none"]


def run(
    images: tuple[Path, ...],
    inpainters: tuple[str, ...],
    key_values: tuple[str, ...],
    masks: tuple[int, ...],
    amount: float,
    seeds: tuple[int, ...],
    order: SquareOrder,
    mask_folder: Path | None,
    squares: SquareSource,
    paste: PasteOption,
    no_paste: bool,
    anchor: int,
    schedules: tuple[str, ...],
    match: ColourMatch,
    feather: int,
    size: int,
    fit: Fit,
    recursive: bool,
    strict: bool,
    metrics: tuple[str, ...] | None,
    measure_at: MeasureInterval,
    runs: Path,
    group: str,
    name: str,
    detach: bool,
    priority: int | None,
    timeout: float | None,
    on_end: str | None,
    display: str,
    as_json: bool,
    **model: Any,
) -> int:
    options = take_worker_options(model)
    display = "json" if as_json else display
    care = Care.of(on_end, timeout)
    metrics = None if metrics is None else check_names(metrics)  # a mistyped name fails before anything takes time
    parameters = parse_settings(key_values) | given_parameters(model)
    if mask_folder and order == "replacement":
        order = "cycle"
    is_pasted, onto = read_paste(paste, no_paste)
    interventions = Interventions(onto, anchor, "\n".join(schedules), match, feather)
    take_server_url(parameters, inpainters)
    sweep = Sweep(
        inpainters, masks, seeds, parameters, amount, order, squares, is_pasted, size, fit, interventions, mask_folder
    )
    sources = find_sources(images, recursive=recursive)
    require_valid_names(group, name, len(sources) * len(sweep))
    for notice in filter(None, [*sweep.notices, explain_umask(runs)]):
        warn(notice)
    pictures, complete = read_pictures(sources, size=size, fit=fit, strict=strict)
    rank = msgspec.UNSET if priority is None else priority
    request = Request("run", choose_metrics(metrics), measure_at, time.time(), rank)
    trajectories = [
        trajectory
        for subgroup, members in pictures.items()
        for trajectory in submit(
            runs, members, sweep, request, group=f"{group}/{subgroup}".strip("/"), name=name, on_trial=warn
        )
    ]
    code = run_trajectories(trajectories, display, request, runs=runs, options=options, detach=detach, care=care)
    if not detach and code == 0 and display not in ("json", "none"):
        print_line(f"saved in {short_path(Path(os.path.commonpath([found.path for found in trajectories])))}", "dim")
    return code or (0 if complete else 1)


def read_paste(paste: PasteOption, no_paste: bool) -> tuple[bool, PasteBase]:
    """Whether something is pasted, and onto what. Raises click's error for both options at odds."""
    if no_paste and paste == "original":
        raise click.BadParameter("it contradicts --paste original: give one of them", param_hint="--no-paste")
    return paste != "none" and not no_paste, "original" if paste == "original" else "frame"


def parse_settings(assignments: tuple[str, ...]) -> dict[str, ParameterValue]:
    """KEY=VALUE options as a dict. Values stay text: each inpainter converts them to its parameters' types."""
    pairs: dict[str, ParameterValue] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise click.BadParameter(f"expected KEY=VALUE, e.g. radius=5, got {assignment!r}", param_hint="--set")
        pairs[key] = value
    return pairs


def take_server_url(parameters: dict[str, ParameterValue], inpainters: tuple[str, ...]) -> None:
    """Take `url` out of the parameters of a server: it becomes the environment of this process and of the workers that
    it starts. Raises InputError."""
    servers = [name for name in inpainters if name in SERVER_NAMES]
    if "url" not in parameters or not servers:
        return
    if len(servers) > 1:
        raise InputError(f"--set url= is for one server, and these are {', '.join(servers)}: use the settings")
    try:
        os.environ[url_variable(servers[0])] = clean_url(str(parameters.pop("url")))
    except SettingsError as error:
        raise InputError(f"--set url=: {error}") from error


def given_parameters(options: Mapping[str, str | bool | None]) -> dict[str, ParameterValue]:
    return {key: value for key, value in options.items() if value is not None and value is not False}
