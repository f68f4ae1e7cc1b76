"""`riptui measure`: more metrics, later, from the saved frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import display_option, measure_option, metrics_option, paths_argument
from riptui.spec import MeasureInterval

if TYPE_CHECKING:
    from riptui.cli.in_process import RunDisplay
    from riptui.store.trajectory import Trajectory


@click.command(short_help="More metrics, later, from the saved frames.")
@paths_argument
@metrics_option
@measure_option
@display_option
def measure(paths: tuple[Path, ...], metrics: tuple[str, ...] | None, measure_at: MeasureInterval, display: str) -> int:
    """Measure saved frames with more metrics, or at more points. PATH: a trajectory, or a folder of them.

    What is measured already is left alone. The values are those that the run would have given.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to everything
    riptui measure runs/cat/m128-s0 --measure every  each iteration of one
    """
    from riptui.cli.metric_choice import choose_metrics
    from riptui.cli.run_display import open_display
    from riptui.engine import Failed
    from riptui.errors import DiskError, RiptuiError
    from riptui.store.listing import find_all_trajectories

    trajectories = find_all_trajectories(paths)
    names = choose_metrics(metrics)
    failed = False
    display_kind = "plain" if display in ("auto", "rich") else display  # bars are of iterations, and there are none
    with open_display(display_kind, trajectories) as run_display:
        for trajectory in trajectories:
            try:
                _measure(trajectory, names, measure_at, run_display)
            except DiskError:
                raise
            except RiptuiError as error:
                run_display.show(trajectory, Failed(error))
                failed = True
    return 1 if failed else 0


def _measure(trajectory: Trajectory, names: tuple[str, ...], measure_at: MeasureInterval, display: RunDisplay) -> None:
    from riptui import engine
    from riptui.cli.in_process import NothingToDo
    from riptui.spec import measured_iterations
    from riptui.store.claim import claim

    with claim(trajectory) as claimed:
        done = len(trajectory.read_rows())
        count = 0
        for event in engine.measure_saved_frames(
            claimed, names, [k for k in measured_iterations(trajectory.spec, measure_at) if k <= done]
        ):
            display.show(trajectory, event)
            count += 1
    if not count:
        display.show(trajectory, NothingToDo("measured"))
