"""`riptui generate`: pictures from a prompt and noise alone."""

import time
from pathlib import Path
from typing import Any

import msgspec

from riptui.cli.console import warn
from riptui.cli.run_trajectories import run_trajectories
from riptui.cli.sweep_options import given_parameters, parse_settings
from riptui.cli.worker_options import take_execution_options
from riptui.errors import InputError
from riptui.inpainters import resolve_inpainter
from riptui.inpainters.models.catalogue import resolve_model
from riptui.planning.generation import plan_generation, submit_generation
from riptui.planning.sweep import require_valid_names
from riptui.store.ownership import explain_umask
from riptui.store.records import Request


def generate(
    prompt: str,
    models: tuple[str, ...] | None,
    repainters: tuple[str, ...] | None,
    seeds: tuple[int, ...],
    size: int,
    key_values: tuple[str, ...],
    runs: Path,
    group: str,
    priority: int | None,
    **model: Any,
) -> int:
    """model: its parameters, and the options of `take_execution_options`."""
    if not (models or repainters):
        raise InputError(
            "name what makes the pictures: --model org/name, a folder or a file; or --inpainter sd2, which repaints a "
            "grey picture as a whole"
        )
    execution = take_execution_options(model)
    parameters = parse_settings(key_values) | given_parameters(model)
    sweeps = plan_generation(prompt, models or (), repainters or (), seeds, parameters, size)
    require_valid_names(group, "", sum(map(len, sweeps)))
    notices = [resolve_model(name).notice for name in models or ()]
    notices += [resolve_inpainter(name).notice for name in repainters or ()]
    for notice in filter(None, [*notices, explain_umask(runs)]):
        warn(notice)
    rank = msgspec.UNSET if priority is None else priority
    request = Request("run", queued=time.time(), priority=rank)  # a grey original is nothing to measure against
    trajectories = submit_generation(runs, prompt, sweeps, request, group=group, on_trial=warn)
    return run_trajectories(runs, trajectories, execution, request)
