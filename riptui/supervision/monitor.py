"""Events of trajectories that workers compute, read from the disk alone, until the trajectories have ended.

They are the engine's events, as far as the disk shows them. Knows neither the engine nor torch.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.events import Ended, Event, Failed, Iterated, Loading, Measured, Notice, Started, StepDone, TrajectoryEvent
from riptui.store import attempts, layout
from riptui.store.lock import probe_lock
from riptui.store.records import Measurement, parse_lines
from riptui.store.requests import has_work
from riptui.store.tail import LineTail, RowTail
from riptui.store.trajectory import Status, Trajectory, derive_status
from riptui.store.worker_record import WorkerJob
from riptui.store.worker_registry import Worker, find_skipped, list_skips, list_workers
from riptui.supervision.client import list_running_workers
from riptui.supervision.restart_policy import WorkState

MAX_IDLE_PER_POLL = 250  # trajectories not in progress that one poll reads; at 4 polls a second 10,000 take ten seconds


class TrajectoryTail:
    """Reads the events of one trajectory, from now on."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self._rows = RowTail(trajectory)
        self._rows.read_new()
        self._metrics = LineTail(trajectory.path / layout.METRICS)
        self._metrics.read_lines()
        self.started = False
        self.held = False  # whether a process was computing it at the last poll
        self.ended = False
        self._last_step = (0, 0, 0)

    @property
    def k(self) -> int:
        """Iterations that are committed, as of the last look."""
        return self._rows.k

    def poll(self, job: WorkerJob | None = None, skipped: str = "") -> list[Event]:
        """The events since the last poll. job, skipped: what a worker's live.json says about it."""
        try:
            events = self._poll(job)
            if skipped and not self.held and not self.ended:
                self.ended = True
                events.append(Failed(RiptuiError(skipped)))
            return events
        except RiptuiError as error:
            self.ended = True
            return [Failed(error)]

    def _poll(self, job: WorkerJob | None) -> list[Event]:
        # first: a process that released the lock has written everything
        self.held, _ = probe_lock(self.trajectory.path)
        previous_k = self.k
        new: list[Iterated | Measured] = [Iterated(row) for row in self._rows.read_new()]
        measurements = parse_lines(self._metrics.read_lines(), Measurement)
        new += [_to_measured(measurement) for measurement in measurements if measurement.get("k") is not None]
        events: list[Event] = []
        if not self.started and (self.held or new):
            self.started = True
            events.append(Started(previous_k))
        events += [*sorted(new, key=_sort_key)]
        return events + (self._detect_step(job) if self.held else self._detect_end())

    def _detect_step(self, job: WorkerJob | None) -> list[Event]:
        if job is None or not job.steps or self._last_step == (job.k, job.step, job.steps):
            return []
        self._last_step = job.k, job.step, job.steps
        return [StepDone(*self._last_step)]

    def _detect_end(self) -> list[Event]:
        """How it ended, if it did. No process is computing it."""
        Trajectory.open(self.trajectory.path)  # raises if it was removed
        status = derive_status(
            self.trajectory, self._rows.last_row, is_measured=lambda: not has_work(self.trajectory), by_request=True
        )
        if status in (Status.RUNNING, Status.QUEUED):
            return []
        if status is Status.FAILED and (failure := self.trajectory.failure):
            event: Event = Failed(RiptuiError(failure.error))
        else:
            event = Ended(self.k, status is Status.DONE)
        self.ended = True
        return [event]


def _to_measured(measurement: Measurement) -> Measured:
    k = int(measurement["k"] or 0)
    return Measured(k, {name: value for name, value in measurement.items() if name not in ("k", "previous")})


def _sort_key(event: Iterated | Measured) -> tuple[int, bool]:
    return (event.row.k, False) if isinstance(event, Iterated) else (event.k, True)


class TrajectoryMonitor:
    """Reads the events of some trajectories, until all have ended."""

    def __init__(self, runs: Path, trajectories: Sequence[Trajectory]) -> None:
        self._runs = Path(os.path.realpath(runs))
        self._remaining = {os.path.realpath(trajectory.path): TrajectoryTail(trajectory) for trajectory in trajectories}
        self._earlier_skips = list_skips(list_workers(self._runs))  # they are tried again
        self._iterations = self._ended = 0
        self._loading = ""
        self._told: set[str] = set()

    @property
    def is_over(self) -> bool:
        return not self._remaining

    @property
    def remaining(self) -> list[Trajectory]:
        return [tail.trajectory for tail in self._remaining.values()]

    def poll(self, *, full: bool = False) -> list[TrajectoryEvent]:
        """The events since the last poll: of trajectories in progress, and of some of the others in turn.

        full: of all the others.
        """
        workers = list_running_workers(self._runs)
        jobs = {f"{self._runs}/{job.path}": job for worker in workers for job in worker.jobs}
        found = find_skipped(workers, earlier=self._earlier_skips)
        skipped = {f"{self._runs}/{path}": reason for path, reason in found.items()}
        busy = {path: tail for path, tail in self._remaining.items() if tail.started or path in jobs or path in skipped}
        idle = [path for path in self._remaining if path not in busy]
        all_events = self._detect_loading(workers) + self._find_notices(workers)
        for path in [*busy, *(idle if full else idle[:MAX_IDLE_PER_POLL])]:
            tail = self._remaining.pop(path)
            events = tail.poll(jobs.get(path), skipped.get(path, ""))
            self._iterations += sum(isinstance(event, Iterated) for event in events)
            all_events += [(tail.trajectory, event) for event in events]
            if tail.ended:
                self._ended += 1
            else:
                self._remaining[path] = tail  # at the end, so that the others are next
        return all_events

    def work_state(self, *, with_attempts: bool = False) -> WorkState:
        tails = self._remaining.values()
        running = sum(tail.held for tail in tails)
        counts = [attempts.read_attempt_count(tail.trajectory, tail.k) for tail in (tails if with_attempts else ())]
        queued = len(tails) - running
        return WorkState(queued, running, iterations=self._iterations, ended=self._ended, attempts=sum(counts))

    def _find_notices(self, workers: Sequence[Worker]) -> list[TrajectoryEvent]:
        """What workers say about the inpainters that compute remaining trajectories; each text once."""
        found: list[TrajectoryEvent] = []
        for live in (worker.live for worker in workers if worker.live and worker.live.notices):
            paths = [f"{self._runs}/{job.path}" for job in live.jobs]
            tails = [self._remaining[path] for path in paths if path in self._remaining]
            for text in dict.fromkeys(live.notices) if tails else ():
                if text not in self._told:
                    self._told.add(text)
                    found.append((tails[0].trajectory, Notice(text)))
        return found

    def _detect_loading(self, workers: Sequence[Worker]) -> list[TrajectoryEvent]:
        """Whether a worker has begun to load the inpainter of a remaining trajectory."""
        loading = {worker.live.inpainter for worker in workers if worker.live and worker.live.state == "loading"}
        previous, self._loading = self._loading, ""
        for trajectory in self.remaining if loading else []:
            with suppress(RiptuiError):  # reported when the trajectory itself is read
                if trajectory.spec.inpainter in loading:
                    self._loading = trajectory.spec.inpainter
                    return [(trajectory, Loading(self._loading))] if self._loading != previous else []
        return []
