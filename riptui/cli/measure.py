"""`riptui measure`: more metrics, later, from the saved frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import display_option, measure_option, metrics_option, paths_argument
from riptui.spec import Measure

if TYPE_CHECKING:
    from riptui.cli.jobs import Display
    from riptui.store.trajectory import Trajectory


@click.command(short_help="More metrics, later, from the saved frames.")
@paths_argument
@metrics_option
@measure_option
@display_option
def measure(paths: tuple[Path, ...], metrics: tuple[str, ...] | None, measure_at: Measure, display: str) -> int:
    """Measure saved frames with more metrics, or at more points. PATH: a trajectory, or a folder of them.

    What is measured already is left alone. The values are those that the run would have given.

    \b
    riptui measure runs --metrics lpips-vgg          add LPIPS to everything
    riptui measure runs/cat/m128-s0 --measure every  each iteration of one
    """
    from riptui.cli.display import open_display
    from riptui.cli.metrics import choose
    from riptui.engine import Failed
    from riptui.errors import DiskError, RiptuiError
    from riptui.store.listing import find_all

    trajectories = find_all(paths)
    names = choose(metrics)
    failed = False
    kind = "plain" if display in ("auto", "rich") else display  # bars are of iterations, and there are none
    with open_display(kind, trajectories) as shown:
        for trajectory in trajectories:
            try:
                _measure(trajectory, names, measure_at, shown)
            except DiskError:
                raise
            except RiptuiError as error:
                shown.show(trajectory, Failed(error))
                failed = True
    return 1 if failed else 0


def _measure(trajectory: Trajectory, names: tuple[str, ...], at: Measure, display: Display) -> None:
    from riptui import engine
    from riptui.cli.jobs import Already
    from riptui.spec import points
    from riptui.store.claim import claim

    with claim(trajectory) as claimed:
        done = len(trajectory.rows())
        count = 0
        for event in engine.measure(claimed, names, [k for k in points(trajectory.spec, at) if k <= done]):
            display.show(trajectory, event)
            count += 1
    if not count:
        display.show(trajectory, Already("measured"))
