"""`riptui study pause`, `resume`, `stop` and `retry`."""

from collections.abc import Iterable
from pathlib import Path

from riptui.cli.care import Care
from riptui.cli.console import print_line, short_path, warn
from riptui.cli.study.read import read_manifest, read_study
from riptui.store.trajectory import Trajectory
from riptui.study.study_file import Study
from riptui.supervision.bulk import request_all, retry_all
from riptui.supervision.client import list_running_workers
from riptui.supervision.progress import ProgressTracker
from riptui.text.units import format_count


def pause(file: Path) -> int:
    return _request_all(file, ("running", "queued"), "pause", "paused")


def stop(file: Path) -> int:
    return _request_all(file, ("running", "queued", "paused"), "stop", "stopped")


def resume(file: Path) -> int:
    return _request_all(file, ("paused", "interrupted"), "run", "queued")


def retry(file: Path) -> int:
    return _request_all(file, ("failed",), "retry", "queued again")


def _request_all(file: Path, statuses: Iterable[str], action: str, past_tense: str) -> int:
    study = read_study(file)
    trajectories = _find_by_status(study, statuses)
    count = retry_all(trajectories) if action == "retry" else request_all(trajectories, action)  # type: ignore[arg-type]
    print_line(f"{count} {past_tense}")
    if left := len(trajectories) - count:
        warn(f"{format_count(left, 'trajectory')} could not be: see riptui check {short_path(study.folder)}")
    if count and action in ("run", "retry"):
        Care.of(None, None).start_follower(study.runs, (), study=study.file)
    workers = list_running_workers(study.runs)
    if count and action in ("run", "retry") and not any(worker.record.takes_queued for worker in workers):
        warn(f"no workers are running; start them with: riptui study run {short_path(study.file)}")
    return 1 if left else 0


def _find_by_status(study: Study, statuses: Iterable[str]) -> list[Trajectory]:
    tracker = ProgressTracker(study.folder, study.runs, read_manifest(study).trajectories)
    tracker.poll(full=True)
    return tracker.list_by_status(*statuses)
