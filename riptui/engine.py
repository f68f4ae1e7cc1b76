"""Compute a trajectory: claim it, recurse, save, measure. Tells what happens by yielding events; prints nothing.

Saving and measuring iteration k overlap with the inpainting of k+1, in one thread that keeps the order. An event is
yielded when what it tells is durable on disk.
"""

import platform
import socket
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from os import getpid

import msgspec

from riptui import __version__, inpainters
from riptui.errors import InpainterError, RiptuiError, StoreError
from riptui.inpainters import Inpainter, OnStep
from riptui.metrics import PREVIOUS
from riptui.metrics.meter import Meter
from riptui.recursion import Iteration, Walk, no_step, recurse
from riptui.spec import Spec, points
from riptui.store.claim import Claim, claim, timestamp
from riptui.store.frames import frame, frames, original
from riptui.store.records import Failure, Request, Row, Session
from riptui.store.survey import Survey
from riptui.store.trajectory import Trajectory
from riptui.store.writer import Writer, writer

AHEAD = 4  # iterations; how far inpainting may run ahead of the disk, so that a slow keyframe does not hold it up


@dataclass(frozen=True)
class Started:
    """The trajectory is claimed and whole up to iteration k."""

    k: int
    found: Survey
    """What was there, and what was wrong with it."""


@dataclass(frozen=True)
class Iterated:
    """An iteration is committed."""

    row: Row


@dataclass(frozen=True)
class Measured:
    """A frame's distances are saved."""

    k: int
    values: dict[str, float]


@dataclass(frozen=True)
class Ended:
    """Nothing more comes: the amount is reached, or it was asked to stop."""

    k: int
    done: bool


Event = Started | Iterated | Measured | Ended


def compute(
    trajectory: Trajectory,
    *,
    wanted: Request | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_step: OnStep = no_step,
    device: str = "",
) -> Iterator[Event]:
    """Bring a trajectory to its end, or on until `should_stop()`, asked after each iteration.

    `wanted` adds to the metrics that its folder asks for, and says when to measure. `device` as in `inpainters.load`.
    Raises HeldError if another process computes it; InpainterError or MetricError, which are also recorded in its
    folder; DiskError, DamagedError, WeightsError. What was committed before is there after any of them.
    """
    with claim(trajectory) as claimed:
        claimed.set_request(widened(trajectory.request, wanted))
        claimed.forget_failure()
        with writer(claimed) as out:
            walk = out.found.walk
            yield Started(walk.iteration, out.found)
            try:
                yield from _go_on(claimed, out, should_stop, on_step, device)
            except StoreError:
                raise
            except Exception as error:
                k = walk.iteration + 1
                claimed.fail(Failure(timestamp(), k, str(error), traceback.format_exc()))
                if isinstance(error, RiptuiError):
                    raise
                raise RiptuiError(
                    f"iteration {k} failed: {type(error).__name__}: {error}; the traceback is in log.txt"
                ) from error
        if not walk.done:
            claimed.set_request(msgspec.structs.replace(trajectory.request, state="stop"))
        yield Ended(walk.iteration, walk.done)


def measure(claimed: Claim, metrics: Sequence[str], at: Sequence[int]) -> Iterator[Measured]:
    """Measure saved frames where a metric is missing: exactly what the run would have measured.

    `at`: iterations, ascending, all of them computed. Raises WeightsError, MissingExtraError, DiskError, DamagedError.
    """
    trajectory = claimed.trajectory
    missing = _unmeasured(trajectory, metrics, at)
    if not missing:
        return
    before = dict(zip(at[1:], at, strict=False))
    needed = missing.keys() | {before[k] for k in missing if k in before}
    meter = Meter(metrics, original(trajectory))
    for k, image in frames(trajectory, needed):
        if k in missing:
            values = meter.measure(image, missing[k])
            claimed.add_measurement(k, values, previous=before.get(k))
            yield Measured(k, values)
        else:
            meter.previous = image


def widened(request: Request, wanted: Request | None) -> Request:
    """A folder's request to run, with what is wanted now added."""
    now = wanted or request
    return Request("run", tuple(dict.fromkeys([*request.metrics, *now.metrics])), now.measure)


def to_do(trajectory: Trajectory, wanted: Request | None = None) -> bool:
    """Whether `compute` would have something to do: iterations, or measurements that are asked for."""
    spec, request = trajectory.spec, widened(trajectory.request, wanted)
    if len(trajectory.rows()) < spec.iterations:
        return True
    return bool(_unmeasured(trajectory, request.metrics, points(spec, request.measure)))


def _unmeasured(trajectory: Trajectory, metrics: Sequence[str], at: Sequence[int]) -> dict[int, list[str]]:
    """What is to be measured of which frame; a value against another frame than the one measured before is void."""
    have, against = trajectory.metrics(), trajectory.measured_against()
    missing = {}
    for k, before in zip(at, [None, *at], strict=False):
        names = [name for name in metrics if before is not None or not name.endswith(PREVIOUS)]
        void = set() if against.get(k) == before else {name for name in names if name.endswith(PREVIOUS)}
        missing[k] = [name for name in names if name not in have.get(k, {}) or name in void]
    return {k: names for k, names in missing.items() if names}


def _go_on(
    claimed: Claim, out: Writer, should_stop: Callable[[], bool], on_step: OnStep, device: str
) -> Iterator[Event]:
    trajectory, walk = claimed.trajectory, out.found.walk
    request = trajectory.request
    at = points(walk.spec, request.measure)
    reached = [k for k in at if k <= walk.iteration]
    yield from measure(claimed, request.metrics, reached)
    if walk.done:
        return
    inpaint = inpainters.load(walk.spec.inpainter, walk.spec.parameters, device=device)
    meter = Meter(request.metrics, out.found.original)
    meter.previous = walk.frame if reached[-1] == walk.iteration else frame(trajectory, reached[-1])
    out.begin(_session(walk.spec, inpaint))

    def keep(iteration: Iteration) -> list[Event]:
        kept: list[Event] = [Iterated(out.append(iteration))]
        if request.metrics and iteration.k in at:
            values = meter.measure(iteration.frame)
            claimed.add_measurement(iteration.k, values, previous=at[at.index(iteration.k) - 1])
            kept.append(Measured(iteration.k, values))
        return kept

    yield from _overlapped(_iterations(walk, inpaint, should_stop, on_step), keep)


def _iterations(
    walk: Walk, inpaint: Inpainter, should_stop: Callable[[], bool], on_step: OnStep
) -> Iterator[Iteration]:
    try:
        for batch in recurse([walk], inpaint, on_step=on_step):
            yield from batch
            if should_stop():
                return
    except InpainterError:
        raise
    except Exception as error:
        raise InpainterError(
            f"{walk.spec.inpainter} failed at iteration {walk.iteration + 1}: {type(error).__name__}: {error}"
        ) from error


def _overlapped(iterations: Iterator[Iteration], keep: Callable[[Iteration], list[Event]]) -> Iterator[Event]:
    """Keep iteration k in a thread while k+1 is inpainted; yield in order, each event after its commit."""
    pending: deque[Future[list[Event]]] = deque()
    broken = False

    def keep_next(iteration: Iteration) -> list[Event]:
        """After a failure nothing more is kept: the next row would make what is missing look like damage."""
        nonlocal broken
        if broken:
            return []
        broken = True
        kept = keep(iteration)
        broken = False
        return kept

    with ThreadPoolExecutor(1, thread_name_prefix="keeper") as keeper:
        try:
            for iteration in iterations:
                pending.append(keeper.submit(keep_next, iteration))
                while pending and (len(pending) > AHEAD or pending[0].done()):
                    yield from pending.popleft().result()
        except InpainterError:
            while pending:
                yield from pending.popleft().result()
            raise
        while pending:
            yield from pending.popleft().result()


def _session(spec: Spec, inpaint: Inpainter) -> Session:
    """What computes the rows to come; its number is the writer's to give."""
    packages = {"numpy", *inpainters.entry(spec.inpainter).distributions}
    return Session(
        session=0,
        started=timestamp(),
        host=socket.gethostname(),
        pid=getpid(),
        device=getattr(inpaint, "device", f"cpu ({platform.machine()})"),
        batch=1,
        versions={
            "riptui": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in sorted(packages)},
        },
        notes=getattr(inpaint, "notes", {}),
    )
