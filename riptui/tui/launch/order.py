"""What happens when the form is submitted: folders on disk, queued. For a thread."""

import time
from dataclasses import dataclass
from pathlib import Path

from riptui import client
from riptui.images import Prepared
from riptui.metrics.availability import default_metrics
from riptui.plan import OnMade, submit
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.sweep import Sweep


@dataclass(frozen=True)
class Placed:
    """What was asked for."""

    trajectories: list[Trajectory]
    done: int
    """How many of them were computed before."""

    @property
    def queued(self) -> int:
        return len(self.trajectories) - self.done


def place(
    runs: Path, picture: Prepared, sweep: Sweep, metrics: tuple[str, ...], *, group: str, on_made: OnMade
) -> Placed:
    """Make the trajectories, or find those that are there, and queue what is not computed. Raises RiptuiError."""
    request = Request("run", metrics or default_metrics().names, queued=time.time())
    trajectories = submit(runs, [picture], sweep, request, group=group, on_made=on_made)
    done = 0
    for trajectory in trajectories:
        if trajectory.status() is Status.DONE:
            done += 1
        else:
            client.ask(trajectory, "run", request)
    return Placed(trajectories, done)
