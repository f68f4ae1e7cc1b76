"""The sweep of `riptui run` from its options."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import rich_click as click

from riptui.errors import InputError, SettingsError
from riptui.inpainters.servers.server_place import url_variable
from riptui.planning.sweep import Interventions, Sweep
from riptui.settings.servers import SERVER_NAMES, clean_url
from riptui.spec import ColourMatch, Fit, ParameterValue, PasteBase, SquareOrder, SquareSource

PasteOption = Literal["frame", "original", "none"]


def build_sweep(
    *,
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
    **model: Any,
) -> Sweep:
    """What the options of the command ask for. model: those of a model, by their names as parameters.

    Raises InputError, SpecError, click's errors. The URL of a server goes to the environment.
    """
    parameters = parse_settings(key_values) | given_parameters(model)
    take_server_url(parameters, inpainters)
    if mask_folder and order == "replacement":
        order = "cycle"
    is_pasted, onto = read_paste(paste, no_paste)
    return Sweep(
        inpainters,
        masks,
        seeds,
        parameters,
        amount,
        order,
        squares,
        is_pasted,
        size,
        fit,
        Interventions(onto, anchor, "\n".join(schedules), match, feather),
        mask_folder,
    )


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
