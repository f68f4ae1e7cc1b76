"""The batch loop: the trajectories in a device's slots advance together, one iteration at a time.

The batch keeps its shape, however many slots are taken: empty ones are padded and their output is dropped, so that the
frames of a trajectory depend neither on its neighbours nor on its slot.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial

from riptui.engine.batch_limit import BatchLimit
from riptui.engine.current_inpainter import CurrentInpainter
from riptui.engine.padding import PaddedInpainter
from riptui.engine.saver import Saver
from riptui.engine.slot import Slot, as_riptui_error, save_and_measure
from riptui.errors import DeviceMemoryError, DiskError, HeldError, InpainterError, RiptuiError
from riptui.events import Failed, HeldByOther, Notice, TrajectoryEvent
from riptui.features.cpu_fallback import count_fallbacks
from riptui.inpainters import CompileMode, OffloadMode, OnStep
from riptui.recursion import ignore_step, iterate
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory

TrajectorySource = Callable[[Spec | None], Trajectory | None]
"""Returns the next trajectory to run, or None; given a spec, only one that `can_share_batch` with it. It is called
before an iteration whenever a slot is free, so it must return None quickly. A trajectory that fails, that another
process is running, or that is paused or stopped leaves the batch, and the source must not return it again at once."""

POLL_SECONDS = 0.25  # seconds between two polls of the requests


class IterationAbandoned(Exception):  # noqa: N818
    """Raised out of a denoising step when all trajectories of the batch are to leave it. Not an error."""


class BatchRunner:
    """Runs trajectories on a device. Keeps one inpainter loaded, between trajectories and between calls of `run`.

    slots: how many trajectories advance together; None: as many as are waiting and fit into the device's free memory.
    The other parameters are those of `inpainters.load`.
    """

    def __init__(
        self,
        *,
        device: str = "",
        slots: int | None = 1,
        compile: CompileMode = "auto",
        deterministic: bool = False,
        offload: OffloadMode = "none",
    ) -> None:
        self._requested_device = device
        self._inpainter = CurrentInpainter(device=device, compile=compile, deterministic=deterministic, offload=offload)
        self._limit = BatchLimit(slots)
        self.batch_size = 0
        """The number of slots, taken or not; 0 before the first iteration of a batch."""
        self._is_prepared = False
        """Whether `LoadedInpainter.prepare` was called for this batch size."""
        self._slots: list[Slot] = []
        self._claimed: list[Slot] = []
        """All slots that may hold a lock, including those that are leaving the batch."""
        self._loading: tuple[Slot, ...] = ()
        """The slot whose inpainter is being loaded."""
        self._on_step: OnStep = ignore_step
        self._step_error: Exception | None = None
        """An error raised by a step callback: not a failure of the inpainter, whatever the inpainter makes of it."""
        self._last_poll = 0.0

    @property
    def in_progress(self) -> tuple[tuple[Trajectory, int, int], ...]:
        """Each trajectory in a slot, or for which the inpainter is loaded, its finished iterations, and their total.
        Safe in any thread.
        """
        slots = (*self._slots, *self._loading)
        return tuple((slot.trajectory, slot.walk.iteration, slot.walk.spec.iterations) for slot in slots)

    @property
    def device(self) -> str:
        """The device of the loaded inpainter; "" while none is loaded. Safe in any thread."""
        return self._inpainter.device

    @property
    def loaded_spec(self) -> Spec | None:
        """The spec of the last trajectory that the inpainter was loaded for; None while it loads."""
        return self._inpainter.spec

    @property
    def notices(self) -> tuple[str, ...]:
        """All notices about the loaded inpainter and the measuring so far: each trajectory's user should see them."""
        return (*self._inpainter.notices, *count_fallbacks())

    def run(
        self,
        source: TrajectorySource,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_step: OnStep = ignore_step,
    ) -> Generator[TrajectoryEvent, None, None]:
        """Run the trajectories of a source, until it returns None and all slots are empty.

        When `should_stop()`, called after each iteration, is true, all trajectories leave the batch. `on_step` is that
        of an inpainter; if it raises, the iteration is abandoned, all leave, and its error is raised. A trajectory that
        fails stops no other. Raises DiskError when something could not be saved, which ends the batch.
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
                    yield from saver.drain() if suspects else saver.take_finished()  # saved, it is not a suspect
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
        """Claim trajectories while slots are free. One that may have killed a process is tried before others join."""
        self._slots = [slot for slot in self._slots if not slot.has_failed]
        self._claimed = [slot for slot in self._claimed if not slot.is_closed]
        if not self._slots:
            yield from saver.drain()
            self.batch_size = 0
            self._limit.start_batch()
        while len(self._slots) < self._capacity() and self._may_join():
            trajectory = self._next_trajectory(source)
            if trajectory is None:
                break
            yield from self._claim_slot(trajectory)
        if self._slots and not self.batch_size:
            self.batch_size = self._capacity() if self._limit.is_fixed else len(self._slots)
            self._is_prepared = False

    def _may_join(self) -> bool:
        """Whether another trajectory may join: not beside one that may have killed a process, nor once the files of the
        model have changed, for the batch ends with the model that it began with."""
        is_current = not self._slots or self._inpainter.has_current_files
        return is_current and not any(slot.is_suspect for slot in self._slots)

    def _next_trajectory(self, source: TrajectorySource) -> Trajectory | None:
        """The next one of the loaded model, else any: loading another model can take longer than its iterations."""
        if self.loaded_spec is not None:
            trajectory = source(self.loaded_spec)
            if trajectory is not None or self._slots:
                return trajectory
        return source(None)

    def _capacity(self) -> int:
        """How many trajectories the batch can have; 1 until the first one's inpainter is loaded, which decides."""
        if self.batch_size or not self._slots:
            return self.batch_size or 1
        return self._limit.find(self._inpainter.loaded, self._slots[0].walk.spec.size)

    def _claim_slot(self, trajectory: Trajectory) -> Iterator[TrajectoryEvent]:
        """Put a trajectory into a slot, or yield why that is not possible.

        A folder that cannot be used, although the disk can, is the failure of its trajectory alone.
        """
        try:
            slot = Slot(trajectory, self._requested_device)
        except HeldError as error:
            yield trajectory, HeldByOther(len(trajectory.read_rows()), trajectory.holder, error)
            return
        except RiptuiError as error:
            if _is_of_whole_disk(error):
                raise
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
            self._ensure_loaded(slot)
        except Exception as error:
            if _is_of_whole_disk(error):
                raise
            yield from slot.record_failure(as_riptui_error(error, slot.k + 1), slot.k + 1)
            return
        self._slots.append(slot)

    def _ensure_loaded(self, slot: Slot) -> None:
        """Load the slot's inpainter, if it is not the current one."""
        spec = slot.walk.spec
        if not self._inpainter.can_serve(spec):
            if self._slots:
                raise ValueError("the source returned a trajectory that cannot share the batch")
            self._limit.reset()
        self._loading = (slot,)
        try:
            self._inpainter.load(spec, slot.last_notes, in_use=bool(self._slots))
        finally:
            self._loading = ()

    def _advance(self, slots: Sequence[Slot], saver: Saver) -> None:
        """Run one iteration. If it fails for several, each is retried alone at the same shape, to find the cause."""
        error = self._iterate(slots, saver)
        if error is None:
            return
        if isinstance(error, DeviceMemoryError) and self.batch_size > 1:
            self._halve_batch(saver)
        elif len(slots) > 1:
            error = None  # its traceback keeps the batch in the device's memory
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
        """Run one iteration of these slots; return its error, or None. Raises an error of `on_step`."""
        self._step_error = None
        try:
            self._prepare_inpainter(saver)
            iterations = iterate(
                [slot.walk for slot in slots],
                PaddedInpainter(self._inpainter.loaded, self.batch_size),
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
        saved = list(zip(slots, iterations, strict=True))
        saver.submit(partial(save_and_measure, saved, self._inpainter.session(self.batch_size)))
        return None

    def _prepare_inpainter(self, saver: Saver) -> None:
        """Before a batch's first iteration, announce the number of iterations to the inpainter."""
        if self._is_prepared:
            return
        ahead = sum(slot.walk.spec.iterations - slot.walk.iteration for slot in self._slots)
        notices = self._inpainter.prepare(ahead, self.batch_size)
        saver.submit(partial(iter, [(self._slots[0].trajectory, Notice(text)) for text in notices]))
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
        """Read the trajectories' requests again, if it is time to."""
        if time.monotonic() - self._last_poll > POLL_SECONDS:
            self._last_poll = time.monotonic()
            for slot in self._slots:
                slot.poll()

    def _halve_batch(self, saver: Saver) -> None:
        """Continue with half the batch size; the other trajectories leave the batch and stay queued."""
        previous_size, self.batch_size = self.batch_size, self.batch_size // 2
        self._limit.lower(self.batch_size)
        self._is_prepared = False
        note = Notice(f"out of memory at batch size {previous_size}: continuing with {self.batch_size}")
        self._inpainter.notices += (note.text,)
        saver.submit(partial(iter, [(self._slots[0].trajectory, note)]))
        self._release(self._slots[self.batch_size :], saver)

    def _release(self, slots: Sequence[Slot], saver: Saver) -> None:
        """Let slots leave the batch once their iterations are saved. They are free at once."""
        leaving = [*slots]
        self._slots = [slot for slot in self._slots if slot not in leaving]
        for slot in leaving:
            saver.submit(slot.leave_batch)


def _is_of_whole_disk(error: Exception) -> bool:
    return isinstance(error, DiskError) and error.is_of_whole_disk
