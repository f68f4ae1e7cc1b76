"""The trajectories of a study that nobody computes, and how one is held for the actor that it is handed to."""

import os
import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from riptui.errors import DamagedError, DiskError, HeldError, RiptuiError
from riptui.store.claim import encode_record
from riptui.store.lease import Delta, Lease, lease
from riptui.store.listing import mtime_ns
from riptui.store.lock import probe_lock
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision.progress import ProgressTracker

EMPTY_POLL_SECONDS, POLL_SECONDS = (
    0.5,
    2.0,
)  # seconds between two looks at what is queued, if nothing is known to wait, and if something is
RETRY_SECONDS = 2.0  # seconds; what somebody else computes is offered again after so long
QUARANTINE = b""
"""Stands for the model of those that are handed out alone."""


@dataclass
class Assignment:
    """A trajectory that an actor has."""

    relative_path: str
    """Relative to the runs folder."""
    trajectory: Trajectory
    model_key: bytes
    """What it is computed with, and at which size; `QUARANTINE`: it may have killed an actor."""
    lease: Lease | None
    """The folder here, if the actor computes a copy."""
    stack: ExitStack
    """Holds the folder's lock, if so."""
    cleared: bool = False
    """It was handed out alone, and killed nobody."""


class Backlog:
    """What waits. One that was returned waits again when something in its folder has changed."""

    def __init__(self, runs: Path) -> None:
        self.problems: list[str] = []
        """Why some are handed to nobody."""
        self._runs = runs
        self._waiting: dict[bytes, list[str]] = {}
        """By model; the next at the end."""
        self._model_keys: dict[str, bytes] = {}
        self._returned: dict[str, int] = {}
        """When the folders of those that ended were changed last."""
        self._retry_at: dict[str, float] = {}
        self._suspects: set[str] = set()
        """Copies of which one may have killed its actor: handed out alone, they show which."""
        self._gathered_at = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def refresh(self, tracker: ProgressTracker, assigned: Collection[str]) -> None:
        """Find out what is queued and not elsewhere, if it is time to."""
        now = time.monotonic()
        if now - self._gathered_at < (POLL_SECONDS if self._waiting else EMPTY_POLL_SECONDS):
            return
        self._gathered_at = now
        self._waiting = {}
        for trajectory in reversed(tracker.list_by_status(Status.QUEUED)):
            relative_path = os.path.relpath(trajectory.path, self._runs)
            if relative_path in assigned or self._retry_at.get(relative_path, 0.0) > now:
                continue
            if relative_path in self._returned and mtime_ns(str(trajectory.path)) == self._returned[relative_path]:
                continue
            try:
                model_key = (
                    QUARANTINE if relative_path in self._suspects else self._model_key(relative_path, trajectory)
                )
            except RiptuiError:  # it was removed, or is damaged: `riptui check` says so
                continue
            self._waiting.setdefault(model_key, []).append(relative_path)

    def take(
        self, model_key: bytes, actors_by_model: Mapping[bytes, int], *, lend: bool, is_idle: bool
    ) -> Assignment | None:
        """The next for an actor that computes a model; of another, that of the smallest crowd, if there is none.

        lend: it computes copies. is_idle: it has nothing yet. Raises DiskError.
        """
        while self._waiting:
            if model_key not in self._waiting:
                candidates = [candidate for candidate in self._waiting if candidate != QUARANTINE] or [QUARANTINE]
                model_key = min(candidates, key=lambda candidate: actors_by_model.get(candidate, 0))
            if model_key == QUARANTINE and not is_idle:
                return None
            relative_path = self._waiting[model_key].pop()
            if not self._waiting[model_key]:
                del self._waiting[model_key]
            if (assignment := self._assign(relative_path, model_key, lend=lend)) is not None:
                return assignment
        return None

    def save_delta(self, assignment: Assignment, delta: Delta) -> bool:
        """Save what came of a copy; False: its folder was removed or changed meanwhile. Raises DiskError."""
        if assignment.lease is not None:
            try:
                assignment.lease.receive(delta)
            except (DamagedError, DiskError) as error:
                if assignment.trajectory.path.exists():
                    if isinstance(error, DiskError):
                        raise
                    self.problems.append(str(error))
                assignment.stack.close()
                return False
        if delta.rows:
            self._suspects.discard(assignment.relative_path)
            assignment.cleared = assignment.model_key == QUARANTINE
        return True

    def new_request(self, assignment: Assignment) -> bytes | None:
        """What is to be asked of a copy now, as its request.json; None: nothing new."""
        if assignment.lease is None:
            return None
        request = assignment.lease.poll_request()
        if assignment.cleared:  # it comes back, to be computed together with others
            request = Request("pause")
        return None if request is None else encode_record(request)

    def finish(self, assignment: Assignment, *, final: bool) -> None:
        """An actor has done with it. final: nothing is left to do, or it failed."""
        if assignment.lease is not None:
            assignment.lease.clear_attempts()
        assignment.stack.close()
        self._suspects.discard(assignment.relative_path)
        if final:
            self._returned[assignment.relative_path] = mtime_ns(str(assignment.trajectory.path))
        else:
            self._retry_at[assignment.relative_path] = time.monotonic() + RETRY_SECONDS

    def give_back(self, assignments: Collection[Assignment], *, died: bool) -> None:
        """An actor that had these is gone. died: its process died, perhaps of one of them. Raises DiskError."""
        for assignment in assignments:
            if assignment.lease is not None and died:
                self._suspects.add(assignment.relative_path)
                if len(assignments) == 1:
                    assignment.lease.count_attempt()
            assignment.stack.close()
        self._gathered_at = 0.0

    def _model_key(self, relative_path: str, trajectory: Trajectory) -> bytes:
        if relative_path not in self._model_keys:
            spec = trajectory.spec
            self._model_keys[relative_path] = msgspec.json.encode(
                [spec.inpainter, spec.parameters, spec.size], order="sorted"
            )
        return self._model_keys[relative_path]

    def _assign(self, relative_path: str, model_key: bytes, *, lend: bool) -> Assignment | None:
        """Make sure that it is to be computed and that nobody else is at it; with its lock if it is lent."""
        trajectory = Trajectory(self._runs / relative_path)
        with ExitStack() as stack:
            try:
                if trajectory.request.state != "run" or trajectory.has_failed or not has_work(trajectory):
                    return None
                if not lend and probe_lock(trajectory.path)[0]:
                    self._retry_at[relative_path] = time.monotonic() + RETRY_SECONDS
                    return None
                leased = stack.enter_context(lease(trajectory)) if lend else None
            except HeldError:
                self._retry_at[relative_path] = time.monotonic() + RETRY_SECONDS
                return None
            except DiskError:
                if trajectory.path.exists():
                    raise
                return None
            except RiptuiError as error:
                self.problems.append(f"{relative_path}: {error}")
                self._returned[relative_path] = mtime_ns(str(trajectory.path))
                return None
            return Assignment(relative_path, trajectory, model_key, leased, stack.pop_all())
