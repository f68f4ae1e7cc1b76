"""`riptui study status`, and what can be asked of a study: pause, resume, stop, retry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import json_option
from riptui.cli.study import file_argument, known, opened

if TYPE_CHECKING:
    from riptui.store.trajectory import Trajectory
    from riptui.study.definition import Study
    from riptui.study.progress import Progress

FEW = 20  # failures that are told; --json has all


@click.command(short_help="How far a study is.")
@file_argument
@json_option
def status(file: Path, as_json: bool) -> int:
    """Tell how far a study is: iterations, speed of each worker, time left, and what failed. Changes nothing."""
    from riptui.cli.console import emit, note
    from riptui.cli.study.board import as_dict
    from riptui.study.progress import Progressing

    study = opened(file)
    was = known(study)
    progress = Progressing(study.folder, study.runs, was.trajectories).look(at_all=True)
    if as_json:
        emit(
            {
                "file": str(study.file),
                "folder": str(study.folder),
                "expected": was.expected,
                **as_dict(progress),
                "failed": dict(progress.failed),
            }
        )
        return 0
    if (made := len(was.trajectories)) < was.expected:
        note(f"{made:,} of {was.expected:,} trajectories are made; `riptui study run` makes the rest")
    _tell(progress)
    return 0


def _tell(progress: Progress) -> None:
    from riptui.cli.console import note, say
    from riptui.cli.study.board import line, pace
    from riptui.study.progress import rate_of

    say(f"{progress.done:,} of {progress.iterations:,} iterations: {line(progress)}")
    for worker in progress.workers:
        live = worker.live
        facts = [worker.device or "best device", live.state if live else "starting"]
        if rate := rate_of(worker):
            facts.append(pace(rate))
        if live and live.jobs:
            facts.append(f"{len(live.jobs)} in hand")
        say(f"  {worker.record.id}  {'  '.join(facts)}")
    for place, reason in [*progress.failed.items()][:FEW]:
        note(f"failed: {place}: {reason}")
    if len(progress.failed) > FEW:
        note(f"and {len(progress.failed) - FEW} more failed: --json has them all")


@click.command(short_help="Let a study wait.")
@file_argument
def pause(file: Path) -> int:
    """Let all that is not done wait until `riptui study resume`. Who computes one finishes its iteration first."""
    return _ask(file, ("running", "queued"), "pause", "paused")


@click.command(short_help="Stop a study.")
@file_argument
def stop(file: Path) -> int:
    """Stop all that is not done until `riptui study run` or `resume`. Who computes one finishes its iteration first."""
    return _ask(file, ("running", "queued", "paused"), "stop", "stopped")


@click.command(short_help="Let a study go on.")
@file_argument
def resume(file: Path) -> int:
    """Queue again what was paused or stopped, for the workers that live; `riptui study run` starts some, too."""
    return _ask(file, ("paused", "interrupted"), "run", "queued")


@click.command(short_help="Try what failed again.")
@file_argument
def retry(file: Path) -> int:
    """Queue again what failed, for the workers that live; `riptui study run` starts some, too."""
    return _ask(file, ("failed",), "retry", "queued again")


def _ask(file: Path, of: Iterable[str], what: str, done: str) -> int:
    from riptui.cli.console import note, say, shown
    from riptui.client import living
    from riptui.study.asking import ask_all, retry_all

    study = opened(file)
    meant = _of_status(study, of)
    count = retry_all(meant) if what == "retry" else ask_all(meant, what)  # type: ignore[arg-type]
    say(f"{count} {done}")
    if count and what in ("run", "retry") and not living(study.runs):
        note(f"no worker lives: riptui study run {shown(study.file)} starts them")
    return 0


def _of_status(study: Study, of: Iterable[str]) -> list[Trajectory]:
    """The study's trajectories that have one of these statuses."""
    from riptui.study.progress import Progressing

    progressing = Progressing(study.folder, study.runs, known(study).trajectories)
    progressing.look(at_all=True)
    return progressing.of(*of)
