"""`riptui resume`: continue trajectories that are not done."""

from pathlib import Path
from typing import Any

from riptui.cli.console import warn
from riptui.cli.run_trajectories import has_work, run_trajectories
from riptui.cli.unlisted import UnlistedFolders
from riptui.cli.worker_options import take_execution_options
from riptui.store.creation import remove_abandoned_below
from riptui.store.listing import find_all_trajectories
from riptui.store.worker_registry import find_runs_folder


def resume(paths: tuple[Path, ...], runs: Path, **options: Any) -> int:
    execution = take_execution_options(options)
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories(paths, on_error=unlisted)
    remove_abandoned_below(paths)
    if len(trajectories) > 1 and execution.is_for_people:
        warn(f"resuming {sum(map(has_work, trajectories))} of {len(trajectories)} trajectories")
    return run_trajectories(find_runs_folder(trajectories, runs), trajectories, execution) or unlisted.exit_code
