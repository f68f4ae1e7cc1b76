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
from riptui.engine.keeper import Keeper
from riptui.engine.padding import padded
from riptui.engine.slot import Slot, failure, keep
from riptui.errors import DeviceMemoryError, DiskError, HeldError, InpainterError, RiptuiError
from riptui.events import Elsewhere, Failed, Noted, Told
from riptui.inpainters import Compile, Inpainter, OnStep
from riptui.recursion import iterate, no_step
from riptui.spec import Spec
from riptui.store.claim import timestamp
from riptui.store.records import Session
from riptui.store.trajectory import Trajectory

Source = Callable[[Spec | None], Trajectory | None]
"""The next trajectory to compute, or None; given a spec, only one that is `alike`. It is asked before an iteration
whenever a slot is free, so it must be quick to say None. A trajectory that fails, that another process computes, or
that is asked to pause or stop leaves the bench, and the source must not give it again at once."""

LOOK = 0.25  # seconds between two looks at the requests


class Interrupted(Exception):  # noqa: N818
    """Raised out of a denoising step. No error: nobody wants the iteration any more."""


def alike(spec: Spec, other: Spec) -> bool:
    """Whether two trajectories can share a batch: one inpainter, told the same, and frames of one size."""
    return _same_inpainter(spec, other) and spec.size == other.size


def _same_inpainter(spec: Spec, other: Spec) -> bool:
    return (spec.inpainter, spec.parameters) == (other.inpainter, other.parameters)


class Bench:
    """A device. It keeps one inpainter loaded, between trajectories and between calls of `work`.

    slots: how many trajectories advance together; None: as many as are waiting and fit into the device's free memory.
    The rest as in `inpainters.load`.
    """

    def __init__(
        self, *, device: str = "", slots: int | None = 1, compile: Compile = "auto", deterministic: bool = False
    ) -> None:
        self._asked_device = device
        self._load = partial(inpainters.load, device=device, compile=compile, deterministic=deterministic)
        self._asked_slots = slots
        self.loaded: Spec | None = None
        """Of the last trajectory that the loaded inpainter was for."""
        self.rows = 0
        """The batch's shape: slots, taken or not; 0 while no batch is under way."""
        self._inpaint: Inpainter | None = None
        self._expecting = False
        """Whether the inpainter knows how much work is ahead, at this shape."""
        self._session: Session | None = None
        self._room: int | None = None
        """Most rows of the batch under way; None: not asked for yet."""
        self._most: int | None = None
        """Rows that the memory was found too small to go beyond; None: not found out."""
        self._slots: list[Slot] = []
        self._claimed: list[Slot] = []
        """All that may hold a lock, also those that are leaving."""
        self._on_step: OnStep = no_step
        self._thrown: Exception | None = None
        """What was raised in a denoising step: no failure of the inpainter, however it comes back out of it."""
        self._looked = 0.0

    @property
    def under_way(self) -> tuple[tuple[Trajectory, int, int], ...]:
        """Each trajectory in a slot, its iterations done, and how many it will have. For any thread."""
        return tuple((one.trajectory, one.walk.iteration, one.walk.spec.iterations) for one in tuple(self._slots))

    @property
    def device(self) -> str:
        """What the loaded inpainter computes on, as it says; "" while there is none. For any thread."""
        inpaint = self._inpaint
        return "" if inpaint is None else _device(inpaint)

    def work(
        self, source: Source, *, should_stop: Callable[[], bool] = lambda: False, on_step: OnStep = no_step
    ) -> Generator[Told, None, None]:
        """Compute what the source gives, until it gives nothing and all slots are empty.

        `should_stop()` is asked after each iteration of the batch; then all leave. `on_step` as for an inpainter; if it
        raises, the iteration is abandoned, all leave, and what it raised is raised. A trajectory's failure is told and
        stops no other. Raises DiskError: what could not be saved ends everything.
        """
        self._on_step = on_step
        try:
            with Keeper() as keeper:
                while True:
                    yield from self._fill(source, keeper)
                    if not self._slots:
                        break
                    suspects = [slot for slot in self._slots if slot.suspect]
                    try:
                        self._advance(suspects or self._slots, keeper)
                    except Exception:
                        self._let_go(self._slots, keeper)
                        yield from keeper.rest()
                        raise
                    yield from keeper.rest() if suspects else keeper.ready()  # saved, it is no suspect any more
                    stop = should_stop()
                    self._look()
                    self._let_go([slot for slot in self._slots if stop or slot.is_through], keeper)
                    if stop:
                        break
                yield from keeper.rest()
        finally:
            for slot in self._claimed:
                slot.close()
            self._slots, self._claimed, self.rows = [], [], 0

    def _fill(self, source: Source, keeper: Keeper) -> Iterator[Told]:
        """Claim trajectories while slots are free. One that a process may have died of is tried before others come."""
        self._slots = [slot for slot in self._slots if not slot.failed]
        self._claimed = [slot for slot in self._claimed if not slot.is_closed]
        if not self._slots:
            yield from keeper.rest()
            self.rows, self._room = 0, None
        while len(self._slots) < self._capacity() and not any(slot.suspect for slot in self._slots):
            trajectory = self._next(source)
            if trajectory is None:
                break
            yield from self._claim(trajectory)
        if self._slots and not self.rows:
            self.rows = self._capacity() if self._asked_slots else len(self._slots)
            self._expecting = False

    def _next(self, source: Source) -> Trajectory | None:
        """The same model first: loading another takes longer than many an iteration."""
        if self.loaded is not None:
            trajectory = source(self.loaded)
            if trajectory is not None or self._slots:
                return trajectory
        return source(None)

    def _capacity(self) -> int:
        """How many trajectories the batch can have; one until the first is there, whose inpainter decides."""
        if self.rows or not self._slots:
            return self.rows or 1
        if self._room is None:
            self._room = self._asked_slots or _room(self._inpaint, self._slots[0].walk.spec.size)
        return min(self._room, self._most or self._room)

    def _claim(self, trajectory: Trajectory) -> Iterator[Told]:
        """Put a trajectory into a slot, or tell why not."""
        try:
            slot = Slot(trajectory, self._asked_device)
        except HeldError as error:
            yield trajectory, Elsewhere(len(trajectory.rows()), trajectory.holder, error)
            return
        except DiskError:
            raise
        except RiptuiError as error:
            yield trajectory, Failed(error)
            return
        self._claimed.append(slot)
        if not slot.is_wanted:
            slot.close()
            return
        try:
            for event in slot.begin():
                yield trajectory, event
            if slot.walk.done:
                yield from slot.leave()
                return
            self._prepare(slot.walk.spec)
        except DiskError:
            raise
        except Exception as error:
            yield from slot.fail(failure(error, slot.k + 1), slot.k + 1)
            return
        self._slots.append(slot)

    def _prepare(self, spec: Spec) -> None:
        """Have the spec's inpainter loaded, and no other: two may not fit into the device's memory."""
        if self._slots and not (self.loaded and alike(self.loaded, spec)):
            raise ValueError("the source gave a trajectory that cannot share the batch")
        loaded, self.loaded = self.loaded, None
        if loaded is None or not alike(loaded, spec):
            self._most = None
        if loaded is None or not _same_inpainter(loaded, spec):
            if self._inpaint is not None:
                self._inpaint = None
                gc.collect()
            self._inpaint = self._load(spec.inpainter, spec.parameters)
            self._session = None
        self.loaded = spec

    def _advance(self, slots: Sequence[Slot], keeper: Keeper) -> None:
        """One iteration. Where it fails for several, each is tried alone, at the same shape: only the guilty fail."""
        error = self._iterate(slots, keeper)
        if error is None:
            return
        if isinstance(error, DeviceMemoryError) and self.rows > 1:
            self._halve(keeper)
        elif len(slots) > 1:
            error = None  # its traceback holds on to the batch, in the device's memory
            for slot in [*slots]:
                if slot in self._slots:
                    self._advance([slot], keeper)
        else:
            [slot] = slots
            self._slots.remove(slot)
            k = slot.walk.iteration + 1
            text = f"{slot.walk.spec.inpainter} failed at iteration {k}: {type(error).__name__}: {error}"
            keeper.do(partial(slot.fail, failure(error, k, text, InpainterError), k))

    def _iterate(self, slots: Sequence[Slot], keeper: Keeper) -> Exception | None:
        """One iteration of these, or why there is none; None also if it is abandoned. Raises what `on_step` raised."""
        assert self._inpaint is not None
        self._thrown = None
        try:
            self._expect(keeper)
            iterations = iterate([slot.walk for slot in slots], padded(self._inpaint, self.rows), on_step=self._step)
        except Exception as error:
            if self._thrown is None:
                return error
            if isinstance(self._thrown, Interrupted):
                return None
            raise self._thrown from None
        for slot in slots:
            slot.suspect = False
        keeper.do(partial(keep, list(zip(slots, iterations, strict=True)), self._session_now()))
        return None

    def _expect(self, keeper: Keeper) -> None:
        """Before a batch's first iteration, let the inpainter make ready for what is ahead, if it can."""
        if self._expecting:
            return
        assert self.loaded is not None
        expect = getattr(self._inpaint, "expect", None)
        if expect is not None:
            ahead = sum(slot.walk.spec.iterations - slot.walk.iteration for slot in self._slots)
            expect(ahead, self.rows, self.loaded.size)
            self._session = None  # its notes may say more now
            notes = [(self._slots[0].trajectory, Noted(text)) for text in getattr(self._inpaint, "notices", [])]
            keeper.do(partial(iter, notes))
            getattr(self._inpaint, "notices", []).clear()
        self._expecting = True

    def _step(self, step: int, steps: int) -> None:
        try:
            self._on_step(step, steps)
            self._look()
            if all(slot.is_asked_to_leave for slot in self._slots):
                raise Interrupted
        except Exception as error:
            self._thrown = error
            raise

    def _look(self) -> None:
        """See what is asked of the trajectories now."""
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            for slot in self._slots:
                slot.look()

    def _halve(self, keeper: Keeper) -> None:
        """Go on with half the rows; trajectories that find no place are put back, for whoever takes them next."""
        before, self.rows = self.rows, self.rows // 2
        self._most = self.rows
        self._expecting = False
        note = Noted(f"out of memory at batch {before}: goes on with {self.rows}")
        keeper.do(partial(iter, [(self._slots[0].trajectory, note)]))
        self._let_go(self._slots[self.rows :], keeper)

    def _let_go(self, slots: Sequence[Slot], keeper: Keeper) -> None:
        """When all of theirs is saved. Their slots are free at once."""
        leaving = [*slots]
        self._slots = [slot for slot in self._slots if slot not in leaving]
        for slot in leaving:
            keeper.do(slot.leave)

    def _session_now(self) -> Session:
        """What computes the rows to come."""
        if self._session is None or self._session.batch != self.rows:
            assert self.loaded is not None
            self._session = _session(self.loaded, self._inpaint, self.rows)
        return self._session


def _room(inpaint: Inpainter | None, size: int) -> int:
    """Rows that fit into the device's free memory, at least one; one on a CPU, which gains nothing by more."""
    room: Callable[[int], int | None] = getattr(inpaint, "room", lambda size: None)
    if _device(inpaint).startswith("cpu"):
        return 1
    try:
        return max(1, room(size) or 1)
    except DeviceMemoryError:
        return 1  # its iteration will fail as well, and the trajectory with it


def _device(inpaint: Inpainter | None) -> str:
    device: str = getattr(inpaint, "device", f"cpu ({platform.machine()})")
    return device


def _session(spec: Spec, inpaint: Inpainter | None, rows: int) -> Session:
    """What computes rows; its number is the writer's to give."""
    packages = {"numpy", *inpainters.entry(spec.inpainter).distributions}
    return Session(
        session=0,
        started=timestamp(),
        host=socket.gethostname(),
        pid=getpid(),
        device=_device(inpaint),
        batch=rows,
        versions={
            "riptui": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in sorted(packages)},
        },
        notes=getattr(inpaint, "notes", {}),
    )
