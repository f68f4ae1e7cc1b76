"""`riptui study run`: submit, see to workers, and show how far it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import crew_options, detach_option, display_option
from riptui.cli.study import file_argument, opened

if TYPE_CHECKING:
    from riptui.cli.jobs import Stop
    from riptui.cli.study.board import Board
    from riptui.client import Wish
    from riptui.executors.local import Crew
    from riptui.study.definition import Study
    from riptui.study.progress import Progressing

LEAVING = 10.0  # seconds; how long Ctrl-C waits for trajectories to leave their slots


@click.command(short_help="Compute a study; the same again goes on.")
@file_argument
@click.option(
    "--devices",
    metavar="D,D",
    default="",
    show_default="all GPUs if a model is in it, else cpu",
    help="0,1,2,3: those GPUs; all: all GPUs; cpu.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    show_default="1, without models one a core up to 4",
    help="Workers on each device; 0: none, others take what is queued.",
)
@detach_option
@crew_options
@display_option
@click.option_panel(
    "The workers",
    options=["--devices", "--workers", "--detach", "--batch", "--compile", "--deterministic", "--offline"],
)
def run(file: Path, devices: str, workers: int | None, detach: bool, wish: Wish, display: str) -> int:
    """Compute what a study file says, with a worker on each device, and watch.

    The same command again goes on where it stopped, and adds what was added to the file; two at once share the work.
    What failed is left to `riptui study retry`. Ctrl-C stops the study's trajectories; with --detach the workers go
    on by themselves. Exit code 1 if a picture could not be used or a trajectory failed.
    """
    from riptui.cli.jobs import Stop
    from riptui.cli.metrics import choose
    from riptui.cli.study.board import open_board
    from riptui.executors.local import Crew, wishes

    study = opened(file)
    crew = Crew(study.runs, wishes(devices, workers, wish, weights=study.needs_weights))
    metrics = choose(study.metrics)
    with open_board(display) as board, Stop("stopping the study (again: at once)") as stop:
        trajectories, complete = _submit(study, metrics, board, stop)
        if detach and not stop:
            return _leave(study, crew, len(trajectories), display, complete=complete)
        fine = _watch(study, trajectories, crew, board, stop) and complete
    if stop.signal is not None:
        from riptui.cli.console import note, shown

        note(f"stopped; what was computed is saved. Go on with: riptui study run {shown(study.file)}")
        return 128 + stop.signal
    return 0 if fine else 1


def _submit(study: Study, metrics: tuple[str, ...], board: Board, stop: Stop) -> tuple[dict[str, int], bool]:
    """Make and queue all trajectories; those that are there, and whether every picture could be used."""
    from riptui.study import manifest, sources
    from riptui.study.submission import Skipped, Submission

    for dataset in sources.unfetched(study):
        board.said(f"fetching {dataset.text}, all of it")
    submission = Submission(study, metrics, should_stop=lambda: bool(stop))
    complete = True
    for place, told in enumerate(submission, 1):
        if isinstance(told, Skipped):
            complete = False
            kept = f"; its {told.kept} trajectories that are there go on" if told.kept else ""
            board.skipped(str(told.path), f"{told.reason}{kept}")
        else:
            board.submitted(str(told.path), told.made + told.found, told.made, place, len(submission))
        if stop:
            break
    known = manifest.read(study)
    return (known.trajectories if known else {}), complete


def _leave(study: Study, crew: Crew, count: int, display: str, *, complete: bool) -> int:
    from riptui.cli import lingering
    from riptui.cli.console import emit, note, say, shown

    workers = crew.muster()
    if display == "json":
        emit({"event": "queued", "trajectories": count, "workers": [worker.record.id for worker in workers]})
    elif display != "none":
        say(f"{count} trajectories in {shown(study.folder)}; {len(workers)} workers take them")
        say(f"  how far they are  riptui study status {shown(study.file)}")
        say(f"  stop them         riptui study stop {shown(study.file)}")
        if workers and (text := lingering.advice()):
            note(text)
    return 0 if complete else 1


def _watch(study: Study, trajectories: dict[str, int], crew: Crew, board: Board, stop: Stop) -> bool:
    """Show how far it is until all has ended; whether nothing failed. Raises WorkerError, DiskError."""
    from riptui.executors.local import watch
    from riptui.study.progress import Progressing

    following = Progressing(study.folder, study.runs, trajectories, measured=True)
    following.look(at_all=True)
    if not (following.is_over or stop):
        crew.muster()
    told: set[str] = set()
    fine = True
    for progress, notes in watch(following, crew):
        for place, reason in progress.failed.items():
            if place not in told:
                told.add(place)
                board.failed(place, reason)
        for text in notes:
            board.said(text)
        board.far(progress)
        fine = not (progress.failed or progress.statuses.get("missing"))
        if stop:
            _stop(following, board)
            break
    return fine


def _stop(following: Progressing, board: Board) -> None:
    """Ask all that is left to stop, what is being computed first, and wait a while until it has left its slots."""
    from riptui.study.asking import ask_all

    ask_all(following.left, "stop")
    deadline = time.monotonic() + LEAVING
    while time.monotonic() < deadline:
        progress = following.look(at_all=True)
        board.far(progress)
        if following.is_over:
            return
        time.sleep(0.1)
