"""What a list shows of a trajectory: less than its summary, in half of the time."""

import os
from typing import NamedTuple

from riptui.metrics.display import primary_metric
from riptui.spec import Spec
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Status
from riptui.text.terminal import sparkline

MAX_BARS = 16  # of the sparkline in a list


class TrajectoryGlance(NamedTuple):
    """What a list shows of a trajectory; see TrajectorySummary."""

    folder: str
    status: Status | None
    spec: Spec | None
    """With any seed: trajectories whose specs differ only in it share one."""
    seed: int
    inpainted: float
    mixed: str
    tags: tuple[str, ...]
    metric: str
    """The primary metric, and its newest finite value; None if there is none."""
    newest: float | None
    bars: str
    """A sparkline of its last values."""
    error: str


def glance_at(summary: TrajectorySummary) -> TrajectoryGlance:
    metric, values = primary_metric(summary.metrics)
    return TrajectoryGlance(
        os.fspath(summary.trajectory),
        summary.status,
        summary.spec,
        summary.spec.seed if summary.spec else 0,
        summary.inpainted,
        summary.mixed,
        summary.annotations.tags,
        metric,
        *condense_values(values),
        summary.error,
    )


def condense_values(values: list[float]) -> tuple[float | None, str]:
    """What a list shows of a metric's values: the newest, and a sparkline of the last ones."""
    return values[-1] if values else None, sparkline(values[-MAX_BARS:])
