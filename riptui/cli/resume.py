"""`riptui resume`: continue trajectories that are not done."""

from pathlib import Path

from riptui.cli.console import warn
from riptui.cli.run_trajectories import has_work, run_trajectories
from riptui.store.listing import find_all_trajectories
from riptui.store.worker_registry import WorkerOptions, find_runs_folder


def resume(paths: tuple[Path, ...], runs: Path, detach: bool, options: WorkerOptions, display: str) -> int:
    trajectories = find_all_trajectories(paths)
    if len(trajectories) > 1 and display not in ("json", "none"):
        warn(f"resuming {sum(map(has_work, trajectories))} of {len(trajectories)} trajectories")
    runs = find_runs_folder(trajectories, runs)
    return run_trajectories(trajectories, display, runs=runs, options=options, detach=detach)
