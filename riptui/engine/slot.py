"""One claimed trajectory in the batch: how it begins, is saved and measured, and leaves."""

import traceback
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress

import msgspec

from riptui.engine.features_of_frames import DueFrame, extract_saved_frames, extract_together
from riptui.engine.measuring import measure_saved_frames
from riptui.errors import DiskError, MetricError, RiptuiError, SpecError, StoreError
from riptui.events import Ended, Failed, Iterated, Measured, Notice, Started, TrajectoryEvent
from riptui.features.cpu_fallback import count_fallbacks, take_unsaid
from riptui.inpainters.inpainter import MEASURES_NOTE
from riptui.metrics import Repaint, split_names
from riptui.metrics.availability import check_imports
from riptui.metrics.meter import Meter, MeteredFrame, measure_together
from riptui.metrics.repaint_meter import RepaintMeter
from riptui.recursion import Iteration, Walk
from riptui.spec import measured_iterations
from riptui.store import attempts
from riptui.store.claim import claim, timestamp
from riptui.store.frames import read_frame
from riptui.store.records import Failure, Session
from riptui.store.requests import RequestWatch, has_work, is_requested, set_request
from riptui.store.trajectory import Trajectory
from riptui.store.writer import IterationWriter, open_writer


class Slot:
    """A trajectory whose lock is held until the slot is closed. `device`: the device that measures it.

    Raises HeldError, DamagedError, DiskError.
    """

    walk: Walk
    """Its last frame and iteration, saved or not. Set by `begin`, as are the meters."""
    meter: Meter
    repaint_meter: RepaintMeter
    features: tuple[str, ...]
    """The extractors whose features are asked for."""

    def __init__(self, trajectory: Trajectory, device: str = "") -> None:
        self.trajectory = trajectory
        self._device = device
        self.has_failed = False
        """It failed, so nothing more of it is saved."""
        self.is_suspect = False
        """A process died at its next iteration, perhaps because of it."""
        self.k = 0
        """Iterations that were committed when it was claimed."""
        self.is_closed = False
        self._session: Session | None = None
        self._fallbacks: dict[str, None] = {}
        """What was measured on the CPU because a GPU had no memory left, for the record of the session."""
        self._stack = ExitStack()
        try:
            self._claim = self._stack.enter_context(claim(trajectory))
            self._request_watch = RequestWatch(trajectory)
        except BaseException:
            self._stack.close()
            raise

    @property
    def is_requested(self) -> bool:
        """Whether it is still requested, now that no other process can be running it."""
        return is_requested(self.trajectory, self._request_watch.request)

    def begin(self) -> Iterator[Started | Measured | Notice]:
        """Recover the folder, count the attempt, measure frames that lack a metric or features. Raises RiptuiError."""
        self.k = len(self.trajectory.read_rows())
        if has_work(self.trajectory):
            self._count_attempt()
        self._writer: IterationWriter = self._stack.enter_context(open_writer(self._claim))
        self.walk = self._writer.inspection.walk
        self.k = self.walk.iteration
        yield Started(self.walk.iteration, self._writer.inspection.damage)
        request = self._request_watch.request
        if not self.walk.done and (found := check_imports(request.metrics, self._device)).note:
            request = msgspec.structs.replace(request, metrics=found.available)
            set_request(self.trajectory, request)  # pixels need no metric, and measurements can be added
            yield Notice(f"{found.note}; add them later with `riptui measure`")
        self._measured_iterations = measured_iterations(self.walk.spec, request.measure)
        reached = [k for k in self._measured_iterations if k <= self.walk.iteration]
        before = count_fallbacks()
        yield from measure_saved_frames(self._claim, request.metrics, reached, self._device)
        yield from extract_saved_frames(self.trajectory, request.metrics, self.walk.iteration, self._device)
        self._fallbacks.update(dict.fromkeys(count_fallbacks() - before))
        if self.walk.done:
            return
        original = self._writer.inspection.original
        self.meter = Meter.of_trajectory(request.metrics, original, self.walk.spec, self._device)
        self.repaint_meter = RepaintMeter(request.metrics, original, self._device)
        self.features = split_names(request.metrics).features
        is_current = reached[-1] == self.walk.iteration
        self.meter.previous = self.walk.frame if is_current else read_frame(self.trajectory, reached[-1])

    def _count_attempt(self) -> None:
        count = attempts.count_attempt(self._claim, self.k)
        self.is_suspect = count > 1
        if count > attempts.MAX_ATTEMPTS:
            raise RiptuiError(
                f"three attempts ended without a new iteration: the process died at iteration {self.k + 1} each time; "
                "try again with: riptui resume"
            )

    @property
    def last_notes(self) -> dict[str, str]:
        """The notes of the session that computed it last; empty if there was none."""
        sessions = self.trajectory.read_sessions()
        return sessions[-1].notes if sessions else {}

    @property
    def leave_requested(self) -> bool:
        """Whether it was paused or stopped, as of the last poll."""
        return self._request_watch.request.state != "run"

    @property
    def is_finished(self) -> bool:
        """Whether the trajectory should leave the batch."""
        return self.has_failed or self.walk.done or self.leave_requested

    def poll(self) -> None:
        """Read its request again."""
        self._request_watch.poll()

    def save(self, iteration: Iteration, session: Session) -> Iterated:
        """Commit an iteration computed by a session. Raises DiskError."""
        if session is not self._session:
            self._begin_session(session)
        row = self._writer.append(iteration)
        if self.repaint_meter.names:
            self._claim.add_repaint(row.k, row.sha256, self.repaint_meter.measure(iteration.frame, iteration.region))
        return Iterated(row)

    def _begin_session(self, session: Session) -> None:
        measures = {MEASURES_NOTE: "; ".join(self._fallbacks)} if self._fallbacks else {}
        notes = {**session.notes, **measures}
        self._writer.begin_session(msgspec.structs.replace(session, started=timestamp(), notes=notes))
        self._session = session

    def record_fallbacks(self, texts: Iterable[str]) -> None:
        """Record in a new session, unless this one's record has it, that frames were measured on the CPU."""
        new = dict.fromkeys(texts)
        if self._session is not None and not new.keys() <= self._fallbacks.keys():
            self._fallbacks |= new
            self._begin_session(self._session)

    def is_due(self, k: int) -> bool:
        """Whether frame k is due to be measured."""
        return bool(self.meter.names) and k in self._measured_iterations

    def features_due(self, iteration: Iteration) -> DueFrame | None:
        """The frame of an iteration, if its features are asked for."""
        if not self.features or iteration.k not in self.walk.spec.point_iterations():
            return None
        return DueFrame(self.trajectory, self.features, iteration.k, iteration.frame)

    @property
    def device(self) -> str:
        """As `metrics.load` takes it."""
        return self._device

    def add_measurement(self, k: int, values: dict[str, float]) -> Measured:
        previous = self._measured_iterations[self._measured_iterations.index(k) - 1]
        squares, profiles = self.meter.squares, self.meter.profiles
        self._claim.add_measurement(k, values, previous=previous, squares=squares, profiles=profiles)
        return Measured(k, values)

    def leave_batch(self) -> Iterator[TrajectoryEvent]:
        """Leave in order: the next claim counts as a first attempt."""
        if not self.has_failed:
            attempts.clear_attempts(self._claim)
            self.close()
            yield self.trajectory, Ended(self.walk.iteration, self.walk.done)

    def record_failure(self, error: RiptuiError, k: int) -> Iterator[TrajectoryEvent]:
        """Record why iteration k failed, and leave. A bad spec and errors of the disk are not recorded."""
        if not self.has_failed:
            self.has_failed = True
            if not isinstance(error, SpecError | StoreError):
                text = "".join(traceback.format_exception(error))
                self._claim.record_failure(Failure(timestamp(), k, str(error), text))
            with suppress(StoreError):  # the cause matters more
                attempts.clear_attempts(self._claim)
            self.close()
            yield self.trajectory, Failed(error)

    def close(self) -> None:
        """Release the trajectory. May be called twice."""
        self._stack.close()
        self.is_closed = True


def save_and_measure(iterations: Sequence[tuple[Slot, Iteration]], session: Session) -> Iterator[TrajectoryEvent]:
    """Save an iteration of each trajectory, and measure those that are due together. Raises DiskError."""
    before = count_fallbacks()
    saved = yield from _save(iterations, session)
    yield from _measure([(slot, iteration) for slot, iteration in saved if slot.is_due(iteration.k)])
    yield from _extract_features(saved)
    fallbacks = count_fallbacks() - before
    for slot, _ in saved:
        if not slot.has_failed:
            slot.record_fallbacks(fallbacks)
    for text in take_unsaid():
        yield iterations[0][0].trajectory, Notice(text)


def _save(
    iterations: Sequence[tuple[Slot, Iteration]], session: Session
) -> Generator[TrajectoryEvent, None, list[tuple[Slot, Iteration]]]:
    """Save them, and return those that are."""
    saved = []
    for slot, iteration in iterations:
        if slot.has_failed:
            continue
        try:
            yield slot.trajectory, slot.save(iteration, session)
        except DiskError:
            raise
        except Exception as error:
            yield from slot.record_failure(as_riptui_error(error, iteration.k), iteration.k)
            continue
        saved.append((slot, iteration))
    return saved


def _measure(due: Sequence[tuple[Slot, Iteration]]) -> Iterator[TrajectoryEvent]:
    frames = [
        MeteredFrame(slot.meter, iteration.frame, Repaint(iteration.before, iteration.region))
        for slot, iteration in due
    ]
    measured = measure_together(frames)
    for (slot, iteration), values in zip(due, measured, strict=True):
        if isinstance(values, MetricError):
            yield from slot.record_failure(values, iteration.k)
        else:
            yield slot.trajectory, slot.add_measurement(iteration.k, values)


def _extract_features(saved: Sequence[tuple[Slot, Iteration]]) -> Iterator[TrajectoryEvent]:
    due = [
        (slot, frame) for slot, iteration in saved if not slot.has_failed and (frame := slot.features_due(iteration))
    ]
    if due:
        errors = extract_together([frame for _, frame in due], due[0][0].device)
        for (slot, frame), error in zip(due, errors, strict=True):
            if error is not None:
                yield from slot.record_failure(error, frame.k)


def as_riptui_error(error: Exception, k: int, text: str = "", kind: type[RiptuiError] = RiptuiError) -> RiptuiError:
    """The error that iteration k failed with, as a RiptuiError of a type."""
    if isinstance(error, kind):
        return error
    wrapped = kind(text or f"iteration {k} failed: {type(error).__name__}: {error}; the traceback is in log.txt")
    wrapped.__cause__ = error
    return wrapped
