"""`riptui ls`: one line per trajectory, 10,000 of them in half a second."""

import os
import sys
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from riptui import store
from riptui.cli.console import print_json, warn
from riptui.cli.copies import warn_of_copies
from riptui.cli.garbage import without_gc
from riptui.cli.ls_table import UNREADABLE_STATUS, format_table
from riptui.cli.reading_line import ReadingLine
from riptui.cli.unlisted import UnlistedFolders
from riptui.store.disk_errors import explain_errors
from riptui.store.glance import TrajectoryGlance, glance_at
from riptui.store.listing import TrajectorySummary, skip_met
from riptui.store.summary_cache import SummaryCache
from riptui.store.trajectory import Status, Trajectory
from riptui.text.units import format_count


def ls(folders: Sequence[Path], filter_text: str, as_json: bool) -> int:
    for folder in folders:
        with explain_errors(folder):
            is_folder = folder.is_dir()
        if not is_folder:
            from click import UsageError  # a list does without it

            if folder.exists():
                raise UsageError(f"{folder} is a file: give a folder")
            raise UsageError(f"{folder} does not exist; `riptui demo` creates ./runs with a first trajectory")
    with without_gc():
        return _list([*dict.fromkeys(folders)], filter_text, as_json)


def _list(folders: Sequence[Path], filter_text: str, as_json: bool) -> int:
    unlisted = UnlistedFolders()
    chosen: list[TrajectorySummary] = []
    glances: list[TrajectoryGlance] = []
    met: set[str] = set()
    with ReadingLine() as line:
        caches = [SummaryCache(folder, on_read=line) for folder in folders]
        for folder, cache in zip(folders, caches, strict=True):
            try:
                if as_json or filter_text.strip():
                    chosen += skip_met(cache.walk(on_error=unlisted), folder, met, attrgetter("trajectory"))
                else:
                    glances += skip_met(cache.glance(on_error=unlisted), folder, met, attrgetter("folder"))
            except BaseException:
                cache.save_part()  # what was read before Ctrl-C counts next time
                raise
    total = len(chosen)
    if filter_text.strip():
        from riptui.cli.filtered import select_matching  # with Click and all inpainters' names: 60 ms

        chosen = select_matching(chosen, folders, filter_text)
    if as_json:
        silent = _read_silent([os.fspath(summary.trajectory) for summary in chosen if summary.status is Status.RUNNING])
        print_json([as_dict(summary, silent.get(os.fspath(summary.trajectory), 0)) for summary in chosen])
    elif glances := glances or [*map(glance_at, chosen)]:
        silent = _read_silent([glance.folder for glance in glances if glance.status is Status.RUNNING])
        sys.stdout.write(format_table(glances, folders[0] if len(folders) == 1 else None, silent))
        warn_of_copies((glance.folder, glance.spec, glance.seed) for glance in glances if glance.spec)
    elif total:
        warn(f"none of {format_count(total, 'trajectory')} matches {filter_text}")
    elif not unlisted.count:
        warn(f"no trajectories in {', '.join(map(str, folders))}; `riptui demo` creates a first one")
    for cache in caches:
        cache.save()
    return unlisted.exit_code


def _read_silent(running: Sequence[str]) -> dict[str, int]:
    """For how many seconds the workers of running trajectories have given no sign; only those that give none."""
    if not running:
        return {}
    from riptui.cli.runs_folder import runs_folder  # few lists have running ones

    paths = {folder: Path(folder) for folder in running}
    trajectories = [Trajectory(path) for path in paths.values()]
    silent = store.sign_watch.read_silent(store.worker_registry.find_runs_folder(trajectories, runs_folder()))
    return {folder: seconds for folder, path in paths.items() if (seconds := silent.get(path.resolve()))}


def as_dict(summary: TrajectorySummary, silent: int = 0) -> dict[str, Any]:
    """The JSON of one trajectory."""
    spec = summary.spec
    newest = next(reversed(summary.metrics.items()), None)
    return {
        "path": str(summary.trajectory.path),
        "status": summary.status or UNREADABLE_STATUS,
        "silent": silent,
        "k": summary.k,
        "iterations": spec.iterations if spec else None,
        "inpainted": summary.inpainted,
        "coverage": summary.coverage,
        "digest": spec.digest if spec else None,
        "spec": msgspec.to_builtins(spec) if spec else None,
        "newest": {"k": newest[0], **newest[1]} if newest else None,
        "mixed": summary.mixed or None,
        "tags": summary.annotations.tags,
        "note": summary.annotations.note or None,
        "error": summary.error or None,
    }
