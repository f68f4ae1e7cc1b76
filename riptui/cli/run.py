"""`riptui run`: repaint pictures recursively."""

import os
import time
from pathlib import Path
from typing import Any

import msgspec

from riptui.cli.console import print_line, short_path, warn
from riptui.cli.metric_choice import choose_metrics
from riptui.cli.run_trajectories import run_trajectories
from riptui.cli.source_images import find_sources, read_pictures
from riptui.cli.sweep_options import build_sweep
from riptui.cli.worker_options import take_execution_options
from riptui.metrics import check_names
from riptui.planning.submit import submit
from riptui.planning.sweep import require_valid_names
from riptui.spec import MeasureInterval
from riptui.store.ownership import explain_umask
from riptui.store.records import Request


def run(
    images: tuple[Path, ...],
    recursive: bool,
    strict: bool,
    metrics: tuple[str, ...] | None,
    measure_at: MeasureInterval,
    runs: Path,
    group: str,
    name: str,
    priority: int | None,
    **settings: Any,
) -> int:
    """settings: those of `take_execution_options` and, by the names of `build_sweep`, of the sweep."""
    execution = take_execution_options(settings)
    metrics = None if metrics is None else check_names(metrics)  # a mistyped name fails before anything takes time
    sweep = build_sweep(**settings)
    sources = find_sources(images, recursive=recursive)
    require_valid_names(group, name, len(sources) * len(sweep))
    for notice in filter(None, [*sweep.notices, explain_umask(runs)]):
        warn(notice)
    pictures, complete = read_pictures(sources, size=sweep.size, fit=sweep.fit, strict=strict)
    rank = msgspec.UNSET if priority is None else priority
    request = Request("run", choose_metrics(metrics), measure_at, time.time(), rank)
    trajectories = [
        trajectory
        for subgroup, members in pictures.items()
        for trajectory in submit(
            runs, members, sweep, request, group=f"{group}/{subgroup}".strip("/"), name=name, on_trial=warn
        )
    ]
    code = run_trajectories(runs, trajectories, execution, request)
    if not execution.detach and code == 0 and execution.is_for_people:
        print_line(f"saved in {short_path(Path(os.path.commonpath([found.path for found in trajectories])))}", "dim")
    return code or (0 if complete else 1)
