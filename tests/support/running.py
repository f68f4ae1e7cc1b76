"""Run one given trajectory in this process."""

from collections.abc import Callable, Iterator
from contextlib import closing

import msgspec

from riptui.engine import BatchRunner
from riptui.events import Ended, Event, Failed, HeldByOther
from riptui.inpainters import OnStep
from riptui.recursion import ignore_step
from riptui.store.records import Request
from riptui.store.requests import clear_failure, merge_request, set_request
from riptui.store.trajectory import Trajectory


def run_trajectory(
    trajectory: Trajectory,
    *,
    extra: Request | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_step: OnStep = ignore_step,
    device: str = "",
) -> Iterator[Event]:
    """Run a trajectory to completion, or until `should_stop()`, called after each iteration; then it stays stopped.

    `extra` as in `force_request`, `device` as in `inpainters.load`, `on_step` as in `BatchRunner.run`.
    Raises HeldError if another process is running it; InpainterError or MetricError, which are also recorded in its
    folder; DiskError, DamagedError, WeightsError. Iterations that were committed before are kept.
    """
    force_request(trajectory, extra)
    remaining = iter([trajectory])
    runner = BatchRunner(device=device)
    with closing(runner.run(lambda spec: next(remaining, None), should_stop=should_stop, on_step=on_step)) as events:
        for _, event in events:
            if isinstance(event, Failed | HeldByOther):
                raise event.error
            if isinstance(event, Ended) and not event.done:
                request_stop(trajectory)
            yield event


def force_request(trajectory: Trajectory, extra: Request | None = None) -> None:
    """Request a trajectory to run, even if it was paused or stopped or has failed.

    `extra` adds to the metrics of its request, and sets when to measure. Raises HeldError, DiskError.
    """
    clear_failure(trajectory)
    previous = trajectory.request
    if (merged := merge_request(previous, extra)) != previous:
        set_request(trajectory, merged)


def request_stop(trajectory: Trajectory) -> None:
    """Request a trajectory to stop, until it is requested again. A paused one stays paused."""
    request = trajectory.request
    if request.state == "run":
        set_request(trajectory, msgspec.structs.replace(request, state="stop"))
