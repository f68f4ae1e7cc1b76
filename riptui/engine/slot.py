"""A claimed trajectory on the bench: what is saved and measured of it, and how it leaves."""

import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress

import msgspec

from riptui.engine.measuring import measure
from riptui.errors import DiskError, MetricError, RiptuiError, SpecError, StoreError
from riptui.events import Ended, Failed, Iterated, Measured, Started, Told
from riptui.metrics.meter import Meter, measure_together
from riptui.recursion import Iteration, Walk
from riptui.spec import points
from riptui.store import attempts
from riptui.store.claim import claim, timestamp
from riptui.store.frames import frame
from riptui.store.records import Failure, Session
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import to_do
from riptui.store.watch import Watch
from riptui.store.writer import Writer, writer


class Slot:
    """Holds a trajectory's lock from when it is made until it is closed. `device`: where it is measured.

    Raises HeldError, DamagedError, DiskError.
    """

    walk: Walk
    """Where it stands, saved or not; `begin` finds it out, and `meter`."""
    meter: Meter

    def __init__(self, trajectory: Trajectory, device: str = "") -> None:
        self.trajectory = trajectory
        self._device = device
        self.failed = False
        """Nothing more of it is kept."""
        self.suspect = False
        """A process died at the iteration to come, perhaps of it."""
        self.k = 0
        """Iterations that were there when it was claimed."""
        self.is_closed = False
        self._session: Session | None = None
        self._open = ExitStack()
        try:
            self._claim = self._open.enter_context(claim(trajectory))
            self._watch = Watch(trajectory)
        except BaseException:
            self._open.close()
            raise

    @property
    def is_wanted(self) -> bool:
        """Whether it is still to be computed, now that nobody else can be at it."""
        return self._watch.request.state == "run" and not self.trajectory.has_failed

    def begin(self) -> Iterator[Started | Measured]:
        """Recover what is there, count the attempt, measure what is missing of it. Raises RiptuiError."""
        self.k = len(self.trajectory.rows())
        if to_do(self.trajectory):
            self._count_attempt()
        self._out: Writer = self._open.enter_context(writer(self._claim))
        self.walk = self._out.found.walk
        self.k = self.walk.iteration
        yield Started(self.walk.iteration, self._out.found.damage)
        request = self._watch.request
        self._at = points(self.walk.spec, request.measure)
        reached = [k for k in self._at if k <= self.walk.iteration]
        yield from measure(self._claim, request.metrics, reached, self._device)
        if self.walk.done:
            return
        self.meter = Meter(request.metrics, self._out.found.original, device=self._device)
        at_hand = reached[-1] == self.walk.iteration
        self.meter.previous = self.walk.frame if at_hand else frame(self.trajectory, reached[-1])

    def _count_attempt(self) -> None:
        count = attempts.count(self._claim, self.k)
        self.suspect = count > 1
        if count > attempts.MOST:
            raise RiptuiError(
                f"three attempts ended without a new iteration: at iteration {self.k + 1} the process died each time; "
                "try again with riptui resume"
            )

    @property
    def is_asked_to_leave(self) -> bool:
        """At the last look."""
        return self._watch.request.state != "run"

    @property
    def is_through(self) -> bool:
        """Whether it has no business in the batch any more."""
        return self.failed or self.walk.done or self.is_asked_to_leave

    def look(self) -> None:
        """See what is asked now."""
        self._watch.look()

    def save(self, iteration: Iteration, session: Session) -> Iterated:
        """Commit an iteration that a session computed. Raises DiskError."""
        if session is not self._session:
            self._out.begin(msgspec.structs.replace(session, started=timestamp()))
            self._session = session
        return Iterated(self._out.append(iteration))

    def is_due(self, k: int) -> bool:
        """Whether frame k is to be measured."""
        return bool(self.meter.metrics) and k in self._at

    def add_measurement(self, k: int, values: dict[str, float]) -> Measured:
        self._claim.add_measurement(k, values, previous=self._at[self._at.index(k) - 1])
        return Measured(k, values)

    def leave(self) -> Iterator[Told]:
        """In order: the next claim is a first attempt."""
        if not self.failed:
            attempts.forget(self._claim)
            self.close()
            yield self.trajectory, Ended(self.walk.iteration, self.walk.done)

    def fail(self, error: RiptuiError, k: int) -> Iterator[Told]:
        """Record why iteration k failed, and leave. Damage is not recorded: it is there for everyone to see."""
        if not self.failed:
            self.failed = True
            if not isinstance(error, SpecError | StoreError):
                text = "".join(traceback.format_exception(error))
                self._claim.fail(Failure(timestamp(), k, str(error), text))
            with suppress(StoreError):  # the cause matters more
                attempts.forget(self._claim)
            self.close()
            yield self.trajectory, Failed(error)

    def close(self) -> None:
        """Let go of the trajectory. Harmless when that has been done."""
        self._open.close()
        self.is_closed = True


def keep(iterations: Sequence[tuple[Slot, Iteration]], session: Session) -> Iterator[Told]:
    """Save what an iteration did to each trajectory; measure together what is due. Raises DiskError."""
    due = []
    for slot, iteration in iterations:
        if slot.failed:
            continue
        try:
            yield slot.trajectory, slot.save(iteration, session)
        except DiskError:
            raise
        except Exception as error:
            yield from slot.fail(failure(error, iteration.k), iteration.k)
            continue
        if slot.is_due(iteration.k):
            due.append((slot, iteration))
    measured = measure_together([(slot.meter, iteration.frame) for slot, iteration in due])
    for (slot, iteration), values in zip(due, measured, strict=True):
        if isinstance(values, MetricError):
            yield from slot.fail(values, iteration.k)
        else:
            yield slot.trajectory, slot.add_measurement(iteration.k, values)


def failure(error: Exception, k: int, text: str = "", kind: type[RiptuiError] = RiptuiError) -> RiptuiError:
    """The error that iteration k failed with, as one of ours of that kind."""
    if isinstance(error, kind):
        return error
    named = kind(text or f"iteration {k} failed: {type(error).__name__}: {error}; the traceback is in log.txt")
    named.__cause__ = error
    return named
