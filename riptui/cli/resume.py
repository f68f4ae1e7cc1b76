"""`riptui resume`: continue trajectories that are not done."""

from pathlib import Path
from typing import Any

from riptui.cli.care import Care
from riptui.cli.console import warn
from riptui.cli.run_trajectories import has_work, run_trajectories
from riptui.cli.unlisted import UnlistedFolders
from riptui.cli.worker_options import take_worker_options
from riptui.store.creation import remove_abandoned_below
from riptui.store.listing import find_all_trajectories
from riptui.store.worker_registry import find_runs_folder


def resume(
    paths: tuple[Path, ...],
    runs: Path,
    detach: bool,
    timeout: float | None,
    on_end: str | None,
    display: str,
    as_json: bool,
    **worker: Any,
) -> int:
    display = "json" if as_json else display
    care = Care.of(on_end, timeout)
    options = take_worker_options(worker)
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories(paths, on_error=unlisted)
    remove_abandoned_below(paths)
    if len(trajectories) > 1 and display not in ("json", "none"):
        warn(f"resuming {sum(map(has_work, trajectories))} of {len(trajectories)} trajectories")
    runs = find_runs_folder(trajectories, runs)
    code = run_trajectories(trajectories, display, runs=runs, options=options, detach=detach, care=care)
    return code or unlisted.exit_code
