"""Follow trajectories that workers compute, to their ends, from the disk alone; and see to it that a worker is there.

What is told are the engine's events, as far as the disk shows them. Knows neither the engine nor torch.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from riptui.errors import RiptuiError, WorkerError
from riptui.events import Ended, Event, Failed, Iterated, Loading, Measured, Notice, Started, StepDone, TrajectoryEvent
from riptui.store import attempts, layout
from riptui.store.lock import probe_lock
from riptui.store.records import Measurement, parse_lines
from riptui.store.requests import has_work
from riptui.store.tail import LineTail, RowTail
from riptui.store.trajectory import Status, Trajectory, derive_status
from riptui.store.worker_registry import Worker, WorkerJob, list_workers, read_worker

POLL_SECONDS = 0.25  # seconds between two looks
MAX_IDLE_PER_POLL = (
    250  # trajectories that nobody is at which are looked at in one go: 10,000 are through in ten seconds
)
MAX_DEATHS_WITHOUT_ATTEMPT = 2  # workers in a row that die without having tried anything
MAX_DEATHS_WITHOUT_ITERATION = 10  # workers in a row that die without a new iteration of anything
REFUSED_AFTER_SECONDS = 15.0  # seconds; a worker that idles for so long beside a trajectory does not want it


class TrajectoryTail:
    """One trajectory, from now on."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self._rows = RowTail(trajectory)
        self._rows.read_new()
        self._metrics = LineTail(trajectory.path / layout.METRICS)
        self._metrics.read_lines()
        self.started = False
        self.held = False
        """Whether a process was at it at the last look."""
        self.ended = False
        self._last_step = (0, 0, 0)

    @property
    def k(self) -> int:
        """Iterations that are committed, as of the last look."""
        return self._rows.k

    def poll(self, job: WorkerJob | None = None) -> list[Event]:
        """What has happened since the last look. job: what a worker tells of it."""
        try:
            return self._poll(job)
        except RiptuiError as error:
            self.ended = True
            return [Failed(error)]

    def _poll(self, job: WorkerJob | None) -> list[Event]:
        self.held, _ = probe_lock(self.trajectory.path)  # first: who let go of it has written all
        previous_k = self.k
        new: list[Iterated | Measured] = [
            *(Iterated(row) for row in self._rows.read_new()),
            *(
                _to_measured(measurement)
                for measurement in parse_lines(self._metrics.read_lines(), Measurement)
                if measurement.get("k") is not None
            ),
        ]
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
        """How it ended, if it did: nobody is at it."""
        Trajectory.open(self.trajectory.path)  # it may have been removed
        status = derive_status(
            self.trajectory, self.k, is_measured=lambda: not has_work(self.trajectory), by_request=True
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
    """Some trajectories and the worker that was found or started for them.

    replace_worker: finds or starts a worker when that one is gone, like `client.ensure_worker`.
    """

    def __init__(
        self, runs: Path, trajectories: Sequence[Trajectory], worker: Worker, replace_worker: Callable[[], Worker]
    ) -> None:
        self.worker = worker
        self._runs = Path(os.path.realpath(runs))
        self._replace_worker = replace_worker
        self._remaining = {os.path.realpath(trajectory.path): TrajectoryTail(trajectory) for trajectory in trajectories}
        self._row_count = 0
        self._baseline = self._snapshot_progress()
        self._deaths_without_attempt = self._deaths_without_iteration = 0
        self._loading = ""
        self._idle_since: float | None = None

    @property
    def remaining(self) -> list[Trajectory]:
        """Those that have not ended."""
        return [tail.trajectory for tail in self._remaining.values()]

    def watch(self, wait: Callable[[float], object] = time.sleep) -> Iterator[list[TrajectoryEvent]]:
        """What has happened, a list each quarter of a second, until all have ended.

        Raises WorkerError if workers die and nothing comes of it, or if somebody sends the worker away; DiskError.
        """
        while True:
            events = self._poll()
            events += self._supervise_worker()
            yield events
            if not self._remaining:
                return
            wait(POLL_SECONDS)

    def _poll(self, *, full: bool = False) -> list[TrajectoryEvent]:
        """Look at those that a worker is at, and at some of the others in turn."""
        jobs = {
            f"{self._runs}/{job.path}": job
            for worker in list_workers(self._runs)
            if worker.alive and worker.live
            for job in worker.live.jobs
        }
        busy = [path for path, tail in self._remaining.items() if tail.started or path in jobs]
        idle = [path for path in self._remaining if path not in set(busy)]
        all_events: list[TrajectoryEvent] = []
        for path in [*busy, *(idle if full else idle[:MAX_IDLE_PER_POLL])]:
            tail = self._remaining.pop(path)
            events = tail.poll(jobs.get(path))
            self._row_count += sum(isinstance(event, Iterated) for event in events)
            all_events += [(tail.trajectory, event) for event in events]
            if not tail.ended:
                self._remaining[path] = tail  # at the end: the others are next
        return all_events

    def _supervise_worker(self) -> list[TrajectoryEvent]:
        current = read_worker(self.worker.folder)
        if current is not None and current.alive:
            self.worker = current
            return self._detect_loading(current) + self._detect_refusal(current)
        events = self._poll(full=True)
        if not self._remaining:
            return events
        last = current or self.worker
        if last.live and last.live.dismissed:
            raise WorkerError(
                f"worker {last.record.id} was sent away; {len(self._remaining)} trajectories stay queued: go on with "
                "riptui resume"
            )
        if not last.leaving:
            self._count_death(last)
            events.append(
                (self.remaining[0], Notice(f"worker {last.record.id} died; another one goes on ({last.log})"))
            )
        elif all(tail.held for tail in self._remaining.values()):
            return events  # somebody else is at them
        elif self._count_without_attempt():
            return events + self._give_up(last)
        self.worker = self._replace_worker()
        self._baseline = self._snapshot_progress()
        return events

    def _detect_loading(self, worker: Worker) -> list[TrajectoryEvent]:
        loading = worker.live.inpainter if worker.live and worker.live.state == "loading" else ""
        if loading == self._loading or not self._remaining:
            return []
        self._loading = loading
        return [(self.remaining[0], Loading(loading))] if loading else []

    def _detect_refusal(self, worker: Worker) -> list[TrajectoryEvent]:
        """What a worker leaves lying though it has time: it could not read or claim it, and nobody else will."""
        if worker.live is None or worker.live.state != "idle" or any(tail.held for tail in self._remaining.values()):
            self._idle_since = None
            return []
        self._idle_since = self._idle_since or time.monotonic()
        if time.monotonic() - self._idle_since < REFUSED_AFTER_SECONDS:
            return []
        return self._give_up(worker)

    def _give_up(self, worker: Worker) -> list[TrajectoryEvent]:
        error = WorkerError(f"worker {worker.record.id} cannot compute it; its log says why: {worker.log}")
        refused: list[TrajectoryEvent] = [(trajectory, Failed(error)) for trajectory in self.remaining]
        self._remaining.clear()
        return refused

    def _snapshot_progress(self) -> tuple[int, int, dict[str, int]]:
        """What changes if anything came of a worker: rows, endings, attempts."""
        counts = {path: attempts.read_attempt_count(tail.trajectory, tail.k) for path, tail in self._remaining.items()}
        return self._row_count, len(self._remaining), counts

    def _count_without_attempt(self) -> bool:
        """Count the worker that is gone; whether several in a row have not even tried anything."""
        self._deaths_without_attempt = (
            self._deaths_without_attempt + 1 if self._snapshot_progress() == self._baseline else 0
        )
        return self._deaths_without_attempt >= MAX_DEATHS_WITHOUT_ATTEMPT

    def _count_death(self, worker: Worker) -> None:
        """Raise WorkerError if it is no use to start yet another."""
        self._deaths_without_iteration = (
            self._deaths_without_iteration + 1 if self._row_count == self._baseline[0] else 0
        )
        if self._count_without_attempt() or self._deaths_without_iteration >= MAX_DEATHS_WITHOUT_ITERATION:
            count = max(self._deaths_without_attempt, self._deaths_without_iteration)
            raise WorkerError(f"{count} workers died, one after another, and nothing came of it; see {worker.log}")
