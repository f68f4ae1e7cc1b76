"""The loop: a device with slots, whose trajectories advance together, one iteration at a time.

The batch keeps its shape, whoever is in it: rows without a trajectory are padded and their output thrown away, so that
what a trajectory becomes depends neither on its neighbours nor on its slot.
"""

import gc
import platform
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from os import getpid

from riptui import __version__, inpainters
from riptui.engine.padding import pad_inpainter
from riptui.engine.saver import Saver
from riptui.engine.slot import Slot, as_riptui_error, save_and_measure
from riptui.errors import DeviceMemoryError, DiskError, HeldError, InpainterError, RiptuiError
from riptui.events import Failed, HeldByOther, Notice, TrajectoryEvent
from riptui.inpainters import CompileMode, LoadedInpainter, OnStep
from riptui.recursion import ignore_step, iterate
from riptui.spec import Spec, can_share_batch, has_same_inpainter
from riptui.store.claim import timestamp
from riptui.store.records import Session
from riptui.store.trajectory import Trajectory

TrajectorySource = Callable[[Spec | None], Trajectory | None]
"""The next trajectory to compute, or None; given a spec, only one that `can_share_batch` with it. It is asked before an
iteration whenever a slot is free, so it must be quick to say None. A trajectory that fails, that another process
computes, or that is asked to pause or stop leaves the batch, and the source must not give it again at once."""

POLL_SECONDS = 0.25  # seconds between two looks at the requests


class IterationAbandoned(Exception):  # noqa: N818
    """Raised out of a denoising step. No error: nobody wants the iteration any more."""


class BatchRunner:
    """A device. It keeps one inpainter loaded, between trajectories and between calls of `run`.

    slots: how many trajectories advance together; None: as many as are waiting and fit into the device's free memory.
    The rest as in `inpainters.load`.
    """

    def __init__(
        self, *, device: str = "", slots: int | None = 1, compile: CompileMode = "auto", deterministic: bool = False
    ) -> None:
        self._requested_device = device
        self._load = partial(inpainters.load, device=device, compile=compile, deterministic=deterministic)
        self._requested_slots = slots
        self.loaded_spec: Spec | None = None
        """Of the last trajectory that the loaded inpainter was for."""
        self.batch_size = 0
        """The batch's shape: slots, taken or not; 0 while no batch is under way."""
        self._inpaint: LoadedInpainter | None = None
        self._is_prepared = False
        """Whether the inpainter knows how much work is ahead, at this shape."""
        self._session: Session | None = None
        self._max_batch: int | None = None
        """Most rows of the batch under way; None: not asked for yet."""
        self._memory_max_batch: int | None = None
        """Rows that the memory was found too small to go beyond; None: not found out."""
        self._slots: list[Slot] = []
        self._claimed: list[Slot] = []
        """All that may hold a lock, also those that are leaving."""
        self._on_step: OnStep = ignore_step
        self._step_error: Exception | None = None
        """What was raised in a denoising step: no failure of the inpainter, however it comes back out of it."""
        self._last_poll = 0.0

    @property
    def in_progress(self) -> tuple[tuple[Trajectory, int, int], ...]:
        """Each trajectory in a slot, its iterations done, and how many it will have. For any thread."""
        return tuple((slot.trajectory, slot.walk.iteration, slot.walk.spec.iterations) for slot in tuple(self._slots))

    @property
    def device(self) -> str:
        """What the loaded inpainter computes on, as it says; "" while there is none. For any thread."""
        inpaint = self._inpaint
        return "" if inpaint is None else inpaint.device

    def run(
        self,
        source: TrajectorySource,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_step: OnStep = ignore_step,
    ) -> Generator[TrajectoryEvent, None, None]:
        """Compute what the source gives, until it gives nothing and all slots are empty.

        `should_stop()` is asked after each iteration of the batch; then all leave. `on_step` as for an inpainter; if it
        raises, the iteration is abandoned, all leave, and what it raised is raised. A trajectory's failure is told and
        stops no other. Raises DiskError: what could not be saved ends everything.
        """
        self._on_step = on_step
        try:
            with Saver() as saver:
                while True:
                    yield from self._fill_slots(source, saver)
                    if not self._slots:
                        break
                    suspects = [slot for slot in self._slots if slot.is_suspect]
                    try:
                        self._advance(suspects or self._slots, saver)
                    except Exception:
                        self._release(self._slots, saver)
                        yield from saver.drain()
                        raise
                    yield from saver.drain() if suspects else saver.take_finished()  # saved, it is no suspect any more
                    stop = should_stop()
                    self._poll_requests()
                    self._release([slot for slot in self._slots if stop or slot.is_finished], saver)
                    if stop:
                        break
                yield from saver.drain()
        finally:
            for slot in self._claimed:
                slot.close()
            self._slots, self._claimed, self.batch_size = [], [], 0

    def _fill_slots(self, source: TrajectorySource, saver: Saver) -> Iterator[TrajectoryEvent]:
        """Claim trajectories while slots are free. One that a process may have died of is tried before others come."""
        self._slots = [slot for slot in self._slots if not slot.has_failed]
        self._claimed = [slot for slot in self._claimed if not slot.is_closed]
        if not self._slots:
            yield from saver.drain()
            self.batch_size, self._max_batch = 0, None
        while len(self._slots) < self._capacity() and not any(slot.is_suspect for slot in self._slots):
            trajectory = self._next_trajectory(source)
            if trajectory is None:
                break
            yield from self._claim_slot(trajectory)
        if self._slots and not self.batch_size:
            self.batch_size = self._capacity() if self._requested_slots else len(self._slots)
            self._is_prepared = False

    def _next_trajectory(self, source: TrajectorySource) -> Trajectory | None:
        """The same model first: loading another takes longer than many an iteration."""
        if self.loaded_spec is not None:
            trajectory = source(self.loaded_spec)
            if trajectory is not None or self._slots:
                return trajectory
        return source(None)

    def _capacity(self) -> int:
        """How many trajectories the batch can have; one until the first is there, whose inpainter decides."""
        if self.batch_size or not self._slots:
            return self.batch_size or 1
        if self._max_batch is None:
            assert self._inpaint is not None
            self._max_batch = self._requested_slots or _find_max_batch(self._inpaint, self._slots[0].walk.spec.size)
        return min(self._max_batch, self._memory_max_batch or self._max_batch)

    def _claim_slot(self, trajectory: Trajectory) -> Iterator[TrajectoryEvent]:
        """Put a trajectory into a slot, or tell why not."""
        try:
            slot = Slot(trajectory, self._requested_device)
        except HeldError as error:
            yield trajectory, HeldByOther(len(trajectory.read_rows()), trajectory.holder, error)
            return
        except DiskError:
            raise
        except RiptuiError as error:
            yield trajectory, Failed(error)
            return
        self._claimed.append(slot)
        if not slot.is_requested:
            slot.close()
            return
        try:
            for event in slot.begin():
                yield trajectory, event
            if slot.walk.done:
                yield from slot.leave_batch()
                return
            self._ensure_loaded(slot.walk.spec)
        except DiskError:
            raise
        except Exception as error:
            yield from slot.record_failure(as_riptui_error(error, slot.k + 1), slot.k + 1)
            return
        self._slots.append(slot)

    def _ensure_loaded(self, spec: Spec) -> None:
        """Have the spec's inpainter loaded, and no other: two may not fit into the device's memory."""
        if self._slots and not (self.loaded_spec and can_share_batch(self.loaded_spec, spec)):
            raise ValueError("the source gave a trajectory that cannot share the batch")
        previous_spec, self.loaded_spec = self.loaded_spec, None
        if previous_spec is None or not can_share_batch(previous_spec, spec):
            self._memory_max_batch = None
        if previous_spec is None or not has_same_inpainter(previous_spec, spec):
            if self._inpaint is not None:
                self._inpaint = None
                gc.collect()
            self._inpaint = self._load(spec.inpainter, spec.parameters)
            self._session = None
        self.loaded_spec = spec

    def _advance(self, slots: Sequence[Slot], saver: Saver) -> None:
        """One iteration. Where it fails for several, each is tried alone, at the same shape: only the guilty fail."""
        error = self._iterate(slots, saver)
        if error is None:
            return
        if isinstance(error, DeviceMemoryError) and self.batch_size > 1:
            self._halve_batch(saver)
        elif len(slots) > 1:
            error = None  # its traceback holds on to the batch, in the device's memory
            for slot in [*slots]:
                if slot in self._slots:
                    self._advance([slot], saver)
        else:
            [slot] = slots
            self._slots.remove(slot)
            k = slot.walk.iteration + 1
            text = f"{slot.walk.spec.inpainter} failed at iteration {k}: {type(error).__name__}: {error}"
            saver.submit(partial(slot.record_failure, as_riptui_error(error, k, text, InpainterError), k))

    def _iterate(self, slots: Sequence[Slot], saver: Saver) -> Exception | None:
        """One iteration of these, or why there is none; None also if it is abandoned. Raises what `on_step` raised."""
        assert self._inpaint is not None
        self._step_error = None
        try:
            self._prepare_inpainter(saver)
            iterations = iterate(
                [slot.walk for slot in slots],
                pad_inpainter(self._inpaint, self.batch_size),
                on_step=self._on_denoising_step,
            )
        except Exception as error:
            if self._step_error is None:
                return error
            if isinstance(self._step_error, IterationAbandoned):
                return None
            raise self._step_error from None
        for slot in slots:
            slot.is_suspect = False
        saver.submit(partial(save_and_measure, list(zip(slots, iterations, strict=True)), self._current_session()))
        return None

    def _prepare_inpainter(self, saver: Saver) -> None:
        """Before a batch's first iteration, let the inpainter make ready for what is ahead, if it can."""
        if self._is_prepared:
            return
        assert self._inpaint is not None
        assert self.loaded_spec is not None
        ahead = sum(slot.walk.spec.iterations - slot.walk.iteration for slot in self._slots)
        self._inpaint.prepare(ahead, self.batch_size, self.loaded_spec.size)
        self._session = None  # its notes may say more now
        notices = self._inpaint.notices
        saver.submit(partial(iter, [(self._slots[0].trajectory, Notice(text)) for text in notices]))
        notices.clear()
        self._is_prepared = True

    def _on_denoising_step(self, step: int, steps: int) -> None:
        try:
            self._on_step(step, steps)
            self._poll_requests()
            if all(slot.leave_requested for slot in self._slots):
                raise IterationAbandoned
        except Exception as error:
            self._step_error = error
            raise

    def _poll_requests(self) -> None:
        """See what is asked of the trajectories now."""
        if time.monotonic() - self._last_poll > POLL_SECONDS:
            self._last_poll = time.monotonic()
            for slot in self._slots:
                slot.poll()

    def _halve_batch(self, saver: Saver) -> None:
        """Go on with half the rows; trajectories that find no place are put back, for whoever takes them next."""
        previous_size, self.batch_size = self.batch_size, self.batch_size // 2
        self._memory_max_batch = self.batch_size
        self._is_prepared = False
        note = Notice(f"out of memory at batch {previous_size}: goes on with {self.batch_size}")
        saver.submit(partial(iter, [(self._slots[0].trajectory, note)]))
        self._release(self._slots[self.batch_size :], saver)

    def _release(self, slots: Sequence[Slot], saver: Saver) -> None:
        """When all of theirs is saved. Their slots are free at once."""
        leaving = [*slots]
        self._slots = [slot for slot in self._slots if slot not in leaving]
        for slot in leaving:
            saver.submit(slot.leave_batch)

    def _current_session(self) -> Session:
        """What computes the rows to come."""
        if self._session is None or self._session.batch != self.batch_size:
            assert self.loaded_spec is not None
            assert self._inpaint is not None
            self._session = _new_session(self.loaded_spec, self._inpaint, self.batch_size)
        return self._session


def _find_max_batch(inpaint: LoadedInpainter, size: int) -> int:
    """Rows that fit into the device's free memory, at least one; one on a CPU, which gains nothing by more."""
    if inpaint.device.startswith("cpu"):
        return 1
    try:
        return max(1, inpaint.max_batch(size) or 1)
    except DeviceMemoryError:
        return 1  # its iteration will fail as well, and the trajectory with it


def _new_session(spec: Spec, inpaint: LoadedInpainter, batch_size: int) -> Session:
    """What computes rows; its number is the writer's to give."""
    packages = {"numpy", *inpainters.find_inpainter(spec.inpainter).distributions}
    return Session(
        session=0,
        started=timestamp(),
        host=socket.gethostname(),
        pid=getpid(),
        device=inpaint.device,
        batch=batch_size,
        versions={
            "riptui": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in sorted(packages)},
        },
        notes=dict(inpaint.notes),
    )
