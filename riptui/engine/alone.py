"""One trajectory, because a person asked for it now."""

from collections.abc import Callable, Iterator
from contextlib import closing

import msgspec

from riptui.engine.bench import Bench
from riptui.events import Elsewhere, Ended, Event, Failed
from riptui.inpainters import OnStep
from riptui.recursion import no_step
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import forgive, set_request, widened


def compute(
    trajectory: Trajectory,
    *,
    wanted: Request | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_step: OnStep = no_step,
    device: str = "",
) -> Iterator[Event]:
    """Bring a trajectory to its end, or on until `should_stop()`, asked after each iteration; then it stays stopped.

    `wanted` as in `insist`, `device` as in `inpainters.load`, `on_step` as in `Bench.work`.
    Raises HeldError if another process computes it; InpainterError or MetricError, which are also recorded in its
    folder; DiskError, DamagedError, WeightsError. What was committed before is there after any of them.
    """
    insist(trajectory, wanted)
    left = iter([trajectory])
    bench = Bench(device=device)
    with closing(bench.work(lambda spec: next(left, None), should_stop=should_stop, on_step=on_step)) as told:
        for _, event in told:
            if isinstance(event, Failed | Elsewhere):
                raise event.error
            if isinstance(event, Ended) and not event.done:
                stop(trajectory)
            yield event


def insist(trajectory: Trajectory, wanted: Request | None = None) -> None:
    """Have it computed whatever was asked before, and whatever went wrong.

    `wanted` adds to the metrics that its folder asks for, and says when to measure. Raises HeldError, DiskError.
    """
    forgive(trajectory)
    before = trajectory.request
    if (now := widened(before, wanted)) != before:
        set_request(trajectory, now)


def stop(trajectory: Trajectory) -> None:
    """Have it left alone until a person asks for it again. A pause that was asked for stays one."""
    request = trajectory.request
    if request.state == "run":
        set_request(trajectory, msgspec.structs.replace(request, state="stop"))
