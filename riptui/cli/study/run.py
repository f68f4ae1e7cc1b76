"""`riptui study run`: submit a study, keep its workers running, and show its progress."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import rich_click as click

from riptui.cli import logind
from riptui.cli.care import Care
from riptui.cli.console import print_json, print_line, short_path, warn
from riptui.cli.lookup_runs import find_kept_runs
from riptui.cli.metric_choice import choose_metrics
from riptui.cli.stop_signal import StopSignal
from riptui.cli.study.farewell import RunOptions, describe_detached, describe_leaving, describe_stop
from riptui.cli.study.read import read_study, require_one_place
from riptui.cli.study.study_display import StudyDisplay, open_study_display
from riptui.cli.worker_options import take_worker_options
from riptui.ray_cluster.driver import RayDriver, require_ray_options
from riptui.store.ownership import explain_umask
from riptui.store.worker_record import WorkerOptions
from riptui.study import manifest, sources
from riptui.study.known_studies import remember_place
from riptui.study.study_file import Study
from riptui.study.submission import SkippedPicture, Submission
from riptui.supervision.bulk import request_all
from riptui.supervision.end_hook import EndHook
from riptui.supervision.pool import LocalPool, plan_workers
from riptui.supervision.progress import ProgressTracker
from riptui.supervision.time_left import TimeLeft
from riptui.text.units import format_count

MAX_NAMES = 3  # pictures named for a note
STOP_WAIT_SECONDS = 10.0  # seconds that Ctrl-C waits for workers to save the current iterations


def run(
    file: Path,
    devices: str,
    workers: int | None,
    ray: str,
    ray_cpus: int | None,
    ray_copies: bool,
    detach: bool,
    priority: int | None,
    timeout: float | None,
    on_end: str | None,
    display: str,
    **worker: Any,
) -> int:
    options = take_worker_options(worker)
    care = Care.of(on_end, timeout)
    if not ray and (ray_cpus or ray_copies):
        raise click.UsageError("--ray-cpus and --ray-copies need --ray auto or --ray ADDRESS")
    how = RunOptions(devices, workers, ray, ray_cpus, ray_copies, find_kept_runs())
    study = read_study(file)
    require_one_place(study)
    executor: LocalPool | RayDriver
    if ray:
        planned = []
        executor = _open_driver(study, options, how, timeout, detach=detach)
    else:
        planned = plan_workers(devices, workers, options, needs_weights=study.needs_weights, runs=study.runs)
        executor = LocalPool(study.runs, planned, timeout=timeout)
    metrics = choose_metrics(study.metrics)
    remember_place(study)
    notice = "leaving; workers elsewhere go on" if how.computes_elsewhere else "stopping the study"
    stop_signal = StopSignal(f"{notice} (press again to leave now)")
    with open_study_display(display) as shown, stop_signal as stop:
        trajectories, complete = _submit(study, metrics, priority, shown, stop, runs_here=not ray)
        if isinstance(executor, LocalPool) and detach and not stop:
            code = _detach(study, executor, len(trajectories), how, display, complete=complete)
            care.start_follower(study.runs, planned, study=study.file)
            return code
        tracker = ProgressTracker(study.folder, study.runs, trajectories, require_measured=True)
        with care.open_hook(study.runs) as hook:
            with hook.study_errors_told(study.file):
                succeeded = _watch(tracker, TimeLeft(study.runs), executor, shown, stop, hook, how) and complete
            shown.ended("stopped" if stop else "done" if succeeded else "incomplete", tracker.last)
            if not stop:
                hook.tell_study(study.file, tracker.last.statuses)
    if stop.signal is None:
        return 0 if succeeded else 1
    leaving = describe_leaving(how, study.file, study.runs, tracker.last)
    for text in leaving if how.computes_elsewhere else describe_stop(how, study.file, tracker.last):
        warn(text)
    return 128 + stop.signal


def _open_driver(
    study: Study, options: WorkerOptions, how: RunOptions, timeout: float | None, *, detach: bool
) -> RayDriver:
    """The driver of a study on a Ray cluster. Raises InputError, MissingExtraError, WorkerError."""
    require_ray_options(how.devices, how.workers, detach=detach)
    return RayDriver(
        study,
        how.ray,
        options,
        actors=how.workers,
        cpus=how.ray_cpus,
        copies=how.ray_copies,
        timeout=timeout,
        resume_command=how.to_command(study.file),
    )


def _submit(
    study: Study,
    metrics: tuple[str, ...],
    priority: int | None,
    display: StudyDisplay,
    stop: StopSignal,
    *,
    runs_here: bool,
) -> tuple[dict[str, int], bool]:
    """Create and queue all trajectories; return those that exist, and whether every picture could be used."""
    for dataset in sources.list_unfetched(study):
        display.notice(f"fetching {dataset.name!s}: of Parquet files only the drawn rows, else all of it")
    submission = Submission(
        study,
        metrics,
        priority=priority,
        should_stop=lambda: bool(stop),
        runs_here=runs_here,
        on_trial=display.notice,
    )
    for text in (*submission.notices, *filter(None, [explain_umask(study.runs)])):
        display.notice(text)
    if submission.squares == "shared" and not study.names_squares:
        display.notice(
            "this study was begun when a seed gave all pictures the same squares, and goes on so; "
            "for squares of each picture's own, start it again in another group"
        )
    complete = _submit_pictures(submission, display, stop)
    run_manifest = manifest.read(study)
    return (run_manifest.trajectories if run_manifest else {}), complete


def _submit_pictures(submission: Submission, display: StudyDisplay, stop: StopSignal) -> bool:
    """Create and queue the trajectories of each picture until `stop`; return whether every one could be used."""
    complete = True
    pictures_by_note: dict[str, list[str]] = {}
    for position, outcome in enumerate(submission, 1):
        if isinstance(outcome, SkippedPicture):
            complete = False
            kept_text = f"; its existing trajectories ({outcome.kept}) continue" if outcome.kept else ""
            display.skipped(str(outcome.path), f"{outcome.reason}{kept_text}")
        else:
            for note in outcome.notes:
                pictures_by_note.setdefault(note, []).append(outcome.path.name)
            count = outcome.made + outcome.found
            display.submitted(str(outcome.path), count, outcome.made, position, len(submission))
        if stop:
            break
    for note, names in pictures_by_note.items():
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        display.notice(f"{', '.join(names[:MAX_NAMES])}{more}: {note}")
    return complete


def _detach(study: Study, pool: LocalPool, count: int, how: RunOptions, display: str, *, complete: bool) -> int:
    workers = pool.start()
    if display == "json":
        print_json({"event": "queued", "trajectories": count, "workers": [worker.record.id for worker in workers]})
    elif display != "none":
        queued = format_count(count, "trajectory")
        by = "workers elsewhere" if how.computes_elsewhere else format_count(len(workers), "worker")
        print_line(f"{queued} queued in {short_path(study.folder)} for {by}")
        for text in describe_detached(how, study.file, study.runs):
            print_line(text)
        if workers and (text := logind.logout_advice()):
            warn(text)
    return 0 if complete else 1


def _watch(
    tracker: ProgressTracker,
    time_left: TimeLeft,
    executor: LocalPool | RayDriver,
    display: StudyDisplay,
    stop: StopSignal,
    hook: EndHook,
    how: RunOptions,
) -> bool:
    """Show the progress until every trajectory has ended; return whether none failed. Raises WorkerError, DiskError."""
    tracker.poll(full=True)
    if tracker.retry_skipped():
        tracker.poll(full=True)
    if not (tracker.is_over or stop):
        executor.start()
    reported: set[str] = set()
    succeeded = True
    for progress, notes in executor.watch(tracker):
        for relative_path, reason in progress.failed.items():
            if relative_path not in reported:
                reported.add(relative_path)
                display.failed(relative_path, reason)
        for text in (*progress.notices, *notes):
            display.notice(text)
        hook.tell_deaths(executor.take_deaths())
        display.progress(progress, partial(time_left.add_to, tracker=tracker))
        succeeded = not (progress.failed or progress.statuses.get("missing"))
        if stop:
            if not how.computes_elsewhere:
                _stop(tracker, executor, display)
            break
    return succeeded


def _stop(tracker: ProgressTracker, executor: LocalPool | RayDriver, display: StudyDisplay) -> None:
    """Request a stop of all that is left, running ones first, and wait a while until they have left their slots."""
    request_all(tracker.remaining, "stop")
    deadline = time.monotonic() + STOP_WAIT_SECONDS
    while time.monotonic() < deadline:
        progress = tracker.poll(full=True)
        display.progress(progress, lambda progress: progress)
        if tracker.is_over:
            return
        executor.run_for(tracker, 0.1)
