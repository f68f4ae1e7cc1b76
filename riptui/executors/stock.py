"""The trajectories of a study that nobody computes, and how one is held for the actor that it is handed to."""

import os
import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from riptui.errors import DamagedError, DiskError, HeldError, RiptuiError
from riptui.store.claim import encode
from riptui.store.lending import Growth, Lent, lent
from riptui.store.listing import changed
from riptui.store.lock import probe
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.wanted import to_do
from riptui.study.progress import Progressing

SOON, LATER = 0.5, 2.0  # seconds between two looks at what is queued, if nothing is known to wait, and if something is
AGAIN = 2.0  # seconds; what somebody else computes is offered again after so long
ALONE = b""
"""Stands for the model of those that are handed out alone."""


@dataclass
class Held:
    """A trajectory that an actor has."""

    place: str
    """Relative to the runs folder."""
    trajectory: Trajectory
    model: bytes
    """What it is computed with, and at which size; `ALONE`: it may have killed an actor."""
    lent: Lent | None
    """The folder here, if the actor computes a copy."""
    open: ExitStack
    """Holds the folder's lock, if so."""
    cleared: bool = False
    """It was handed out alone, and killed nobody."""


class Stock:
    """What waits. One that was returned waits again when something in its folder has changed."""

    def __init__(self, runs: Path) -> None:
        self.complaints: list[str] = []
        """Why some are handed to nobody."""
        self._runs = runs
        self._waiting: dict[bytes, list[str]] = {}
        """By model; the next at the end."""
        self._models: dict[str, bytes] = {}
        self._returned: dict[str, int] = {}
        """When the folders of those that ended were changed last."""
        self._again: dict[str, float] = {}
        self._suspects: set[str] = set()
        """Copies of which one may have killed its actor: handed out alone, they show which."""
        self._gathered = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def gather(self, study: Progressing, elsewhere: Collection[str]) -> None:
        """Find out what is queued and not elsewhere, if it is time to."""
        now = time.monotonic()
        if now - self._gathered < (LATER if self._waiting else SOON):
            return
        self._gathered = now
        self._waiting = {}
        for trajectory in reversed(study.of(Status.QUEUED)):
            place = os.path.relpath(trajectory.path, self._runs)
            if place in elsewhere or self._again.get(place, 0.0) > now:
                continue
            if place in self._returned and changed(str(trajectory.path)) == self._returned[place]:
                continue
            try:
                model = ALONE if place in self._suspects else self._model(place, trajectory)
            except RiptuiError:  # it was removed, or is damaged: `riptui check` says so
                continue
            self._waiting.setdefault(model, []).append(place)

    def take(self, model: bytes, crowds: Mapping[bytes, int], *, lend: bool, alone: bool) -> Held | None:
        """The next for an actor that computes a model; of another, that of the smallest crowd, if there is none.

        lend: it computes copies. alone: it has nothing yet. Raises DiskError.
        """
        while self._waiting:
            if model not in self._waiting:
                known = [one for one in self._waiting if one != ALONE] or [ALONE]
                model = min(known, key=lambda one: crowds.get(one, 0))
            if model == ALONE and not alone:
                return None
            place = self._waiting[model].pop()
            if not self._waiting[model]:
                del self._waiting[model]
            if (held := self._hold(place, model, lend=lend)) is not None:
                return held
        return None

    def grown(self, held: Held, growth: Growth) -> bool:
        """Save what came of a copy; False: its folder was removed or changed meanwhile. Raises DiskError."""
        if held.lent is not None:
            try:
                held.lent.receive(growth)
            except (DamagedError, DiskError) as error:
                if held.trajectory.path.exists():
                    if isinstance(error, DiskError):
                        raise
                    self.complaints.append(str(error))
                held.open.close()
                return False
        if growth.rows:
            self._suspects.discard(held.place)
            held.cleared = held.model == ALONE
        return True

    def asked(self, held: Held) -> bytes | None:
        """What is to be asked of a copy now, as its request.json; None: nothing new."""
        if held.lent is None:
            return None
        request = held.lent.new_request()
        if held.cleared:  # it comes back, to be computed together with others
            request = Request("pause")
        return None if request is None else encode(request)

    def end(self, held: Held, *, final: bool) -> None:
        """An actor has done with it. final: nothing is left to do, or it failed."""
        if held.lent is not None:
            held.lent.forgive()
        held.open.close()
        self._suspects.discard(held.place)
        if final:
            self._returned[held.place] = changed(str(held.trajectory.path))
        else:
            self._again[held.place] = time.monotonic() + AGAIN

    def back(self, lost: Collection[Held], *, blame: bool) -> None:
        """An actor that had these is gone. blame: its process died, perhaps of one of them. Raises DiskError."""
        for held in lost:
            if held.lent is not None and blame:
                self._suspects.add(held.place)
                if len(lost) == 1:
                    held.lent.blame()
            held.open.close()
        self._gathered = 0.0

    def _model(self, place: str, trajectory: Trajectory) -> bytes:
        if place not in self._models:
            spec = trajectory.spec
            self._models[place] = msgspec.json.encode([spec.inpainter, spec.parameters, spec.size], order="sorted")
        return self._models[place]

    def _hold(self, place: str, model: bytes, *, lend: bool) -> Held | None:
        """Make sure that it is to be computed and that nobody else is at it; with its lock if it is lent."""
        trajectory = Trajectory(self._runs / place)
        with ExitStack() as stack:
            try:
                if trajectory.request.state != "run" or trajectory.has_failed or not to_do(trajectory):
                    return None
                if not lend and probe(trajectory.path)[0]:
                    self._again[place] = time.monotonic() + AGAIN
                    return None
                here = stack.enter_context(lent(trajectory)) if lend else None
            except HeldError:
                self._again[place] = time.monotonic() + AGAIN
                return None
            except DiskError:
                if trajectory.path.exists():
                    raise
                return None
            except RiptuiError as error:
                self.complaints.append(f"{place}: {error}")
                self._returned[place] = changed(str(trajectory.path))
                return None
            return Held(place, trajectory, model, here, stack.pop_all())
