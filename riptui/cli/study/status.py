"""`riptui study status`: the progress of a study."""

from pathlib import Path

from riptui.cli.console import print_json, print_line, warn
from riptui.cli.study.read import read_manifest, read_study
from riptui.cli.study.study_display import as_dict, format_progress
from riptui.supervision.progress import ProgressTracker, StudyProgress, worker_rate
from riptui.supervision.time_left import TimeLeft
from riptui.text.units import format_rate, format_silence

MAX_FAILURES_PRINTED = 20  # --json has all


def status(file: Path, as_json: bool) -> int:
    study = read_study(file)
    manifest = read_manifest(study)
    tracker = ProgressTracker(study.folder, study.runs, manifest.trajectories)
    progress = TimeLeft(study.runs).add_to(tracker.poll(full=True), tracker)
    if as_json:
        head = {"file": str(study.file), "folder": str(study.folder), "expected": manifest.expected}
        print_json(head | as_dict(progress) | {"failed": dict(progress.failed)})
        return 0
    if (made := len(manifest.trajectories)) < manifest.expected:
        warn(f"{made:,} of {manifest.expected:,} trajectories are created; `riptui study run` creates the rest")
    print_progress(progress)
    return 0


def print_progress(progress: StudyProgress) -> None:
    """Print a line for the study, one for each worker, and the first failures."""
    print_line(f"{progress.done:,} of {progress.iterations:,} iterations: {format_progress(progress)}")
    for worker in progress.workers:
        live = worker.live
        facts = [worker.device or "best device", live.state if live else "starting"]
        if worker.silent:
            facts.append(format_silence(worker.silent))
        if rate := worker_rate(worker):
            facts.append(format_rate(rate))
        if live and live.jobs:
            facts.append(f"{len(live.jobs)} running")
        print_line(f"  {worker.record.id}  {'  '.join(facts)}")
    for relative_path, reason in [*progress.failed.items()][:MAX_FAILURES_PRINTED]:
        warn(f"failed: {relative_path}: {reason}")
    if len(progress.failed) > MAX_FAILURES_PRINTED:
        warn(f"and {len(progress.failed) - MAX_FAILURES_PRINTED} more failed; --json lists them all")
