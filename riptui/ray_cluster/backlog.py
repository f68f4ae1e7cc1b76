"""The backlog of a study on a cluster: the queued trajectories that no actor has, and how one is held for its actor.

The order, and what may be taken, are those of the `DiskQueue`. What is added is the choice of a model for each actor,
and the quarantine of trajectories that may have killed an actor.
"""

import os
import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from riptui.errors import DamagedError, DiskError, HeldError, RiptuiError, StoreError
from riptui.spec import Spec
from riptui.store.claim import encode_record
from riptui.store.disk_queue import DiskQueue
from riptui.store.lease import Delta, Lease, lease
from riptui.store.lock import probe_lock
from riptui.store.queued import QueuedTrajectory, read_queued
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.trust import Trust
from riptui.supervision.progress import ProgressTracker

EMPTY_REFRESH_SECONDS = 0.5  # seconds between two refreshes while nothing is known to wait
REFRESH_SECONDS = 2.0  # seconds between two refreshes otherwise
RETRY_SECONDS = 2.0  # seconds until a trajectory that another process was running is offered again
QUARANTINE = b""
"""Stands for the model of trajectories that may have killed an actor: each is assigned alone."""


@dataclass
class Assignment:
    """A trajectory that an actor has."""

    relative_path: str  # relative to the runs folder
    trajectory: Trajectory
    model_key: bytes  # equal for trajectories that can share a batch, or `QUARANTINE`
    lease: Lease | None  # the folder on the driver's disk, if the actor runs a copy
    stack: ExitStack  # holds the folder's lock, if so
    cleared: bool = False  # it was in quarantine, and an iteration of it was committed


@dataclass(frozen=True)
class _Waiting:
    relative_path: str
    queued: QueuedTrajectory
    model_key: bytes  # as in `Assignment`


class Backlog:
    """The waiting trajectories. One that ended waits again when something in its folder has changed."""

    def __init__(self, runs: Path, trust: Trust) -> None:
        self.problems: list[str] = []  # why some trajectories are assigned to no actor
        self._unusable: dict[str, str] = {}  # the reason by relative path, of those that the study was not told of yet
        self._runs, self._trust = runs, trust
        self._queue = DiskQueue(runs)
        self._waiting: list[_Waiting] = []  # the next one first
        self._retry_at: dict[str, float] = {}
        self._suspects: set[str] = set()
        """Copies that were lost with an actor, which one of them may have killed: assigned alone, they show which."""
        self._refreshed_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def refresh(self, tracker: ProgressTracker, assigned: Collection[str]) -> None:
        """Read the study's queued trajectories that no actor has, if it is time to."""
        now = time.monotonic()
        for relative_path, reason in self._unusable.items():
            tracker.mark_skipped(relative_path, reason)
        self._unusable.clear()
        if now - self._refreshed_at < (REFRESH_SECONDS if self._waiting else EMPTY_REFRESH_SECONDS):
            return
        self._queue.scan(now=not self._refreshed_at)
        self._refreshed_at = now
        self._waiting = []
        in_study = {os.fspath(trajectory.path) for trajectory in tracker.list_by_status(Status.QUEUED)}
        for queued in self._queue.waiting:
            path = os.fspath(queued.trajectory.path)
            relative_path = os.path.relpath(path, self._runs)
            if path in in_study and relative_path not in assigned and self._retry_at.get(relative_path, 0.0) <= now:
                is_suspect = relative_path in self._suspects
                model_key = QUARANTINE if is_suspect else _model_key(queued.trajectory.spec)
                self._waiting.append(_Waiting(relative_path, queued, model_key))

    def take(self, model_key: bytes, actors: Mapping[bytes, int], *, lend: bool, is_idle: bool) -> Assignment | None:
        """The next trajectory for an actor that has a model loaded; if none is left, of the model with fewest actors.

        Those of a lower priority than others of their owner wait. lend: the actor runs copies. is_idle: it has no
        trajectory yet. Raises DiskError if the whole disk fails.
        """
        while self._waiting:
            chosen = self._choose(model_key, actors)
            if chosen.model_key == QUARANTINE and not is_idle:
                return None
            self._waiting.remove(chosen)
            if (assignment := self._assign(chosen.relative_path, chosen.model_key, lend=lend)) is not None:
                return assignment
        return None

    def _choose(self, model_key: bytes, actors: Mapping[bytes, int]) -> _Waiting:
        highest: dict[int, int] = {}  # the priority of each owner's first
        firsts: dict[bytes, _Waiting] = {}  # by model
        for waiting in self._waiting:
            owner, priority = waiting.queued.owner, waiting.queued.priority
            if waiting.model_key != QUARANTINE and priority < highest.setdefault(owner, priority):
                continue
            if waiting.model_key == model_key:
                return waiting
            firsts.setdefault(waiting.model_key, waiting)
        candidates = [key for key in firsts if key != QUARANTINE] or [QUARANTINE]
        return firsts[min(candidates, key=lambda candidate: actors.get(candidate, 0))]

    def save_delta(self, assignment: Assignment, delta: Delta) -> bool:
        """Save what an actor added to its copy; False: the folder here was removed or changed. Raises DiskError."""
        if assignment.lease is not None:
            try:
                assignment.lease.receive(delta)
            except (DamagedError, DiskError) as error:
                if assignment.trajectory.path.exists():
                    if isinstance(error, DiskError) and error.is_of_whole_disk:
                        raise
                    self.problems.append(str(error))
                assignment.stack.close()
                return False
        if delta.rows:
            self._suspects.discard(assignment.relative_path)
            assignment.cleared = assignment.model_key == QUARANTINE
        return True

    def new_request(self, assignment: Assignment) -> bytes | None:
        """The request.json to send for a copy; None: it has not changed."""
        if assignment.lease is None:
            return None
        request = assignment.lease.poll_request()
        if assignment.cleared:  # it comes back, and then may share a batch
            request = Request("pause")
        return None if request is None else encode_record(request)

    def finish(self, assignment: Assignment, *, final: bool) -> None:
        """An actor no longer has it. final: it has nothing left to do, or failed."""
        if assignment.lease is not None:
            assignment.lease.clear_attempts()
        assignment.stack.close()
        self._suspects.discard(assignment.relative_path)
        self._queue.mark_ended(assignment.trajectory, final=final)
        if not final:
            self._retry_at[assignment.relative_path] = time.monotonic() + RETRY_SECONDS

    def give_back(self, assignments: Collection[Assignment], *, died: bool) -> None:
        """The actor that had these is gone. died: its process died, perhaps of one of them. Raises DiskError."""
        for assignment in assignments:
            if assignment.lease is not None and died:
                self._suspects.add(assignment.relative_path)
                if len(assignments) == 1:
                    assignment.lease.count_attempt()
            assignment.stack.close()
        self._refreshed_at = 0.0

    def _assign(self, relative_path: str, model_key: bytes, *, lend: bool) -> Assignment | None:
        """Assign a trajectory if it still may be taken, with its lock if it is lent."""
        trajectory = Trajectory(self._runs / relative_path)
        if read_queued(trajectory) is None:
            return None
        with ExitStack() as stack:
            try:
                if reason := self._trust.refuse(trajectory):  # a copy would be the actor's own
                    raise StoreError(reason)
                if not lend and probe_lock(trajectory.path)[0]:
                    raise HeldError(relative_path)
                leased = stack.enter_context(lease(trajectory)) if lend else None
            except HeldError:
                self._retry_at[relative_path] = time.monotonic() + RETRY_SECONDS
                return None
            except RiptuiError as error:
                if isinstance(error, DiskError) and not trajectory.path.exists():
                    return None
                if isinstance(error, DiskError) and error.is_of_whole_disk:
                    raise
                self.problems.append(f"{relative_path}: {error}")
                self._unusable[relative_path] = str(error)
                self._queue.mark_ended(trajectory, final=True)
                return None
            return Assignment(relative_path, trajectory, model_key, leased, stack.pop_all())


def _model_key(spec: Spec) -> bytes:
    return msgspec.json.encode([spec.inpainter, spec.parameters, spec.size], order="sorted")
