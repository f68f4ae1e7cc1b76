"""Follow trajectories that workers compute, to their ends, from the disk alone; and see to it that a worker is there.

What is told are the engine's events, as far as the disk shows them. Knows neither the engine nor torch.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from riptui.errors import RiptuiError, WorkerError
from riptui.events import Ended, Event, Failed, Iterated, Loading, Measured, Noted, Started, Stepped, Told
from riptui.store import attempts, layout
from riptui.store.disk import read_file, size
from riptui.store.lock import probe
from riptui.store.records import Measurement, Row, lines, prefix
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import to_do
from riptui.store.workers import Job, Worker, look_at, registered

POLL = 0.25  # seconds between two looks
AT_ONCE = 250  # trajectories that nobody is at which are looked at in one go: 10,000 are through in ten seconds
BLANK = 2  # workers in a row that die without having tried anything
FRUITLESS = 10  # workers in a row that die without a new iteration of anything
REFUSED = 15.0  # seconds; a worker that idles for so long beside a trajectory does not want it


class Follower:
    """One trajectory, from now on."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self.k = len(trajectory.rows())
        self.begun = False
        self.held = False
        """Whether a process was at it at the last look."""
        self.ended = False
        self._rows_end = size(trajectory.path / layout.ROWS)
        self._metrics_end = size(trajectory.path / layout.METRICS)
        self._steps = (0, 0, 0)

    def look(self, job: Job | None = None) -> list[Event]:
        """What has happened since the last look. job: what a worker tells of it."""
        try:
            return self._look(job)
        except RiptuiError as error:
            self.ended = True
            return [Failed(error)]

    def _look(self, job: Job | None) -> list[Event]:
        self.held, _ = probe(self.trajectory.path)  # first: who let go of it has written all
        before = self.k
        new: list[Iterated | Measured] = [*self._new_rows(), *self._new_measurements()]
        told: list[Event] = []
        if not self.begun and (self.held or new):
            self.begun = True
            told.append(Started(before))
        told += [*sorted(new, key=_place)]
        return told + (self._new_step(job) if self.held else self._end())

    def _new_rows(self) -> list[Iterated]:
        end = size(self.trajectory.path / layout.ROWS)
        if end < self._rows_end:  # damaged ones were cut
            self.k, self._rows_end = 0, 0
        if end == self._rows_end:
            return []
        data = read_file(self.trajectory.path / layout.ROWS, start=self._rows_end) or b""
        rows, ends = prefix(data, Row)
        self._rows_end += ends[-1] if ends else 0
        self.k += len(rows)
        return [Iterated(row) for row in rows]

    def _new_measurements(self) -> list[Measured]:
        end = size(self.trajectory.path / layout.METRICS)
        self._metrics_end = min(end, self._metrics_end)
        if end == self._metrics_end:
            return []
        data = read_file(self.trajectory.path / layout.METRICS, start=self._metrics_end) or b""
        whole = data.rfind(b"\n") + 1
        self._metrics_end += whole
        return [_measured(one) for one in lines(data[:whole], Measurement) if one.get("k") is not None]

    def _new_step(self, job: Job | None) -> list[Event]:
        if job is None or not job.steps or self._steps == (job.k, job.step, job.steps):
            return []
        self._steps = job.k, job.step, job.steps
        return [Stepped(*self._steps)]

    def _end(self) -> list[Event]:
        """How it ended, if it did: nobody is at it."""
        Trajectory.at(self.trajectory.path)  # it may have been removed
        if failure := self.trajectory.failure:
            event: Event = Failed(RiptuiError(failure.error))
        elif self.k >= self.trajectory.spec.iterations and not to_do(self.trajectory):
            event = Ended(self.k, True)
        elif self.trajectory.request.state != "run":
            event = Ended(self.k, False)
        else:
            return []
        self.ended = True
        return [event]


def _measured(one: Measurement) -> Measured:
    k = int(one["k"] or 0)
    return Measured(k, {name: value for name, value in one.items() if name not in ("k", "previous")})


def _place(event: Iterated | Measured) -> tuple[int, bool]:
    return (event.row.k, False) if isinstance(event, Iterated) else (event.k, True)


class Following:
    """Some trajectories and the worker that was found or started for them.

    another: finds or starts a worker when that one is gone, like `client.ensure`.
    """

    def __init__(
        self, runs: Path, trajectories: Sequence[Trajectory], worker: Worker, another: Callable[[], Worker]
    ) -> None:
        self.worker = worker
        self._runs = Path(os.path.realpath(runs))
        self._another = another
        self._left = {os.path.realpath(one.path): Follower(one) for one in trajectories}
        self._rows = 0
        self._mark = self._state()
        self._blank = self._fruitless = 0
        self._loading = ""
        self._idle_since: float | None = None

    @property
    def left(self) -> list[Trajectory]:
        """Those that have not ended."""
        return [follower.trajectory for follower in self._left.values()]

    def events(self, wait: Callable[[float], object] = time.sleep) -> Iterator[list[Told]]:
        """What has happened, a list each quarter of a second, until all have ended.

        Raises WorkerError if workers die and nothing comes of it, or if somebody sends the worker away; DiskError.
        """
        while True:
            told = self._look()
            told += self._see_to_worker()
            yield told
            if not self._left:
                return
            wait(POLL)

    def _look(self, *, at_all: bool = False) -> list[Told]:
        """Look at those that a worker is at, and at some of the others in turn."""
        jobs = {
            f"{self._runs}/{job.path}": job
            for worker in registered(self._runs)
            if worker.alive and worker.live
            for job in worker.live.jobs
        }
        busy = [path for path, follower in self._left.items() if follower.begun or path in jobs]
        idle = [path for path in self._left if path not in set(busy)]
        told: list[Told] = []
        for path in [*busy, *(idle if at_all else idle[:AT_ONCE])]:
            follower = self._left.pop(path)
            events = follower.look(jobs.get(path))
            self._rows += sum(isinstance(event, Iterated) for event in events)
            told += [(follower.trajectory, event) for event in events]
            if not follower.ended:
                self._left[path] = follower  # at the end: the others are next
        return told

    def _see_to_worker(self) -> list[Told]:
        now = look_at(self.worker.folder)
        if now is not None and now.alive:
            self.worker = now
            return self._loads(now) + self._refused(now)
        told = self._look(at_all=True)
        if not self._left:
            return told
        last = now or self.worker
        if last.live and last.live.dismissed:
            raise WorkerError(
                f"worker {last.record.id} was sent away; {len(self._left)} trajectories stay queued: go on with "
                "riptui resume"
            )
        if not last.leaving:
            self._count_death(last)
            told.append((self.left[0], Noted(f"worker {last.record.id} died; another one goes on ({last.log})")))
        elif all(follower.held for follower in self._left.values()):
            return told  # somebody else is at them
        elif self._came_to_nothing():
            return told + self._refuse(last)
        self.worker = self._another()
        self._mark = self._state()
        return told

    def _loads(self, worker: Worker) -> list[Told]:
        loading = worker.live.inpainter if worker.live and worker.live.state == "loading" else ""
        if loading == self._loading or not self._left:
            return []
        self._loading = loading
        return [(self.left[0], Loading(loading))] if loading else []

    def _refused(self, worker: Worker) -> list[Told]:
        """What a worker leaves lying though it has time: it could not read or claim it, and nobody else will."""
        if worker.live is None or worker.live.state != "idle" or any(one.held for one in self._left.values()):
            self._idle_since = None
            return []
        self._idle_since = self._idle_since or time.monotonic()
        if time.monotonic() - self._idle_since < REFUSED:
            return []
        return self._refuse(worker)

    def _refuse(self, worker: Worker) -> list[Told]:
        error = WorkerError(f"worker {worker.record.id} cannot compute it; its log says why: {worker.log}")
        refused: list[Told] = [(one, Failed(error)) for one in self.left]
        self._left.clear()
        return refused

    def _state(self) -> tuple[int, int, dict[str, int]]:
        """What changes if anything came of a worker: rows, endings, attempts."""
        counts = {path: attempts.made(one.trajectory, one.k) for path, one in self._left.items()}
        return self._rows, len(self._left), counts

    def _came_to_nothing(self) -> bool:
        """Count the worker that is gone; whether several in a row have not even tried anything."""
        self._blank = self._blank + 1 if self._state() == self._mark else 0
        return self._blank >= BLANK

    def _count_death(self, worker: Worker) -> None:
        """Raise WorkerError if it is no use to start yet another."""
        self._fruitless = self._fruitless + 1 if self._rows == self._mark[0] else 0
        if self._came_to_nothing() or self._fruitless >= FRUITLESS:
            count = max(self._blank, self._fruitless)
            raise WorkerError(f"{count} workers died, one after another, and nothing came of it; see {worker.log}")
