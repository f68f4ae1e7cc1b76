"""`riptui measure`: add metrics from the saved frames."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from riptui import engine
from riptui.cli.metric_choice import choose_metrics
from riptui.cli.run_display import NothingToDo, RunDisplay, open_display
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import DiskError, RiptuiError, WeightsError
from riptui.events import Failed, Measured, Notice
from riptui.spec import MeasureInterval, measured_iterations
from riptui.store.claim import claim
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Trajectory


def measure(
    paths: tuple[Path, ...], metrics: tuple[str, ...] | None, measure_at: MeasureInterval, display: str, as_json: bool
) -> int:
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories(paths, on_error=unlisted)
    names = choose_metrics(metrics)
    failed = False
    display = "json" if as_json else display
    display_kind = "plain" if display in ("auto", "rich") else display  # the bars count iterations, and there are none
    with open_display(display_kind, trajectories) as run_display:
        for trajectory in trajectories:
            try:
                _measure(trajectory, names, measure_at, run_display)
            except (DiskError, WeightsError):  # which the next one would meet again
                raise
            except RiptuiError as error:
                run_display.show(trajectory, Failed(error))
                failed = True
    return 1 if failed or unlisted.count else 0


def _measure(trajectory: Trajectory, names: tuple[str, ...], measure_at: MeasureInterval, display: RunDisplay) -> None:
    with claim(trajectory) as claimed:
        done = len(trajectory.read_rows())
        count = 0
        reached = [k for k in measured_iterations(trajectory.spec, measure_at) if k <= done]
        measured: Iterator[Measured | Notice] = engine.measure_saved_frames(claimed, names, reached)
        for event in chain(measured, engine.extract_saved_frames(trajectory, names, done)):
            display.show(trajectory, event)
            count += 1
    if not count:
        display.show(trajectory, NothingToDo("measured"))
