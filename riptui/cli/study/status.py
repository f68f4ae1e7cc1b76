"""`riptui study status`, and what can be asked of a study: pause, resume, stop, retry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import json_option
from riptui.cli.study import file_argument, read_manifest, read_study

if TYPE_CHECKING:
    from riptui.store.trajectory import Trajectory
    from riptui.study.study_file import Study
    from riptui.supervision.progress import StudyProgress

MAX_FAILURES_PRINTED = 20  # failures that are told; --json has all


@click.command(short_help="How far a study is.")
@file_argument
@json_option
def status(file: Path, as_json: bool) -> int:
    """Tell how far a study is: iterations, speed of each worker, time left, and what failed. Changes nothing."""
    from riptui.cli.console import print_json, warn
    from riptui.cli.study.study_display import as_dict
    from riptui.supervision.progress import ProgressTracker

    study = read_study(file)
    manifest = read_manifest(study)
    progress = ProgressTracker(study.folder, study.runs, manifest.trajectories).poll(full=True)
    if as_json:
        print_json(
            {
                "file": str(study.file),
                "folder": str(study.folder),
                "expected": manifest.expected,
                **as_dict(progress),
                "failed": dict(progress.failed),
            }
        )
        return 0
    if (made := len(manifest.trajectories)) < manifest.expected:
        warn(f"{made:,} of {manifest.expected:,} trajectories are made; `riptui study run` makes the rest")
    _print_progress(progress)
    return 0


def _print_progress(progress: StudyProgress) -> None:
    from riptui.cli.console import print_line, warn
    from riptui.cli.study.study_display import format_progress, format_rate
    from riptui.supervision.progress import worker_rate

    print_line(f"{progress.done:,} of {progress.iterations:,} iterations: {format_progress(progress)}")
    for worker in progress.workers:
        live = worker.live
        facts = [worker.device or "best device", live.state if live else "starting"]
        if rate := worker_rate(worker):
            facts.append(format_rate(rate))
        if live and live.jobs:
            facts.append(f"{len(live.jobs)} in hand")
        print_line(f"  {worker.record.id}  {'  '.join(facts)}")
    for relative_path, reason in [*progress.failed.items()][:MAX_FAILURES_PRINTED]:
        warn(f"failed: {relative_path}: {reason}")
    if len(progress.failed) > MAX_FAILURES_PRINTED:
        warn(f"and {len(progress.failed) - MAX_FAILURES_PRINTED} more failed: --json has them all")


@click.command(short_help="Let a study wait.")
@file_argument
def pause(file: Path) -> int:
    """Let all that is not done wait until `riptui study resume`. Who computes one finishes its iteration first."""
    return _request_all(file, ("running", "queued"), "pause", "paused")


@click.command(short_help="Stop a study.")
@file_argument
def stop(file: Path) -> int:
    """Stop all that is not done until `riptui study run` or `resume`. Who computes one finishes its iteration first."""
    return _request_all(file, ("running", "queued", "paused"), "stop", "stopped")


@click.command(short_help="Let a study go on.")
@file_argument
def resume(file: Path) -> int:
    """Queue again what was paused or stopped, for the workers that live; `riptui study run` starts some, too."""
    return _request_all(file, ("paused", "interrupted"), "run", "queued")


@click.command(short_help="Try what failed again.")
@file_argument
def retry(file: Path) -> int:
    """Queue again what failed, for the workers that live; `riptui study run` starts some, too."""
    return _request_all(file, ("failed",), "retry", "queued again")


def _request_all(file: Path, statuses: Iterable[str], action: str, past_tense: str) -> int:
    from riptui.cli.console import print_line, short_path, warn
    from riptui.supervision.bulk import request_all, retry_all
    from riptui.supervision.client import list_running_workers

    study = read_study(file)
    trajectories = _find_by_status(study, statuses)
    count = retry_all(trajectories) if action == "retry" else request_all(trajectories, action)  # type: ignore[arg-type]
    print_line(f"{count} {past_tense}")
    if count and action in ("run", "retry") and not list_running_workers(study.runs):
        warn(f"no worker lives: riptui study run {short_path(study.file)} starts them")
    return 0


def _find_by_status(study: Study, statuses: Iterable[str]) -> list[Trajectory]:
    """The study's trajectories that have one of these statuses."""
    from riptui.supervision.progress import ProgressTracker

    tracker = ProgressTracker(study.folder, study.runs, read_manifest(study).trajectories)
    tracker.poll(full=True)
    return tracker.list_by_status(*statuses)
