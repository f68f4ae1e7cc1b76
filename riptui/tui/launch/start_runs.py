"""Create and queue the trajectories of the form. For a thread."""

import time
from dataclasses import dataclass
from pathlib import Path

from riptui.images import PreparedImage
from riptui.inpainters.import_trial import OnTrial
from riptui.metrics.availability import check_default_metrics
from riptui.planning.submit import OnCreated, submit
from riptui.planning.sweep import Sweep
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision import client


@dataclass(frozen=True)
class LaunchResult:
    """The trajectories of a launch."""

    trajectories: list[Trajectory]
    done: int  # how many of them were done already

    @property
    def queued(self) -> int:
        return len(self.trajectories) - self.done


def create_and_queue(
    runs: Path,
    picture: PreparedImage,
    sweep: Sweep,
    metrics: tuple[str, ...],
    *,
    group: str,
    on_made: OnCreated,
    on_trial: OnTrial,
) -> LaunchResult:
    """Create the trajectories, or open existing ones, and queue those that are not done. Raises RiptuiError."""
    request = Request("run", metrics or check_default_metrics().available, queued=time.time())
    trajectories = submit(runs, [picture], sweep, request, group=group, on_created=on_made, on_trial=on_trial)
    done = 0
    for trajectory in trajectories:
        if trajectory.read_status() is Status.DONE:
            done += 1
        else:
            client.request_state(trajectory, "run", request)
    return LaunchResult(trajectories, done)
