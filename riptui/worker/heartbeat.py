"""The heartbeat of a worker: a thread that keeps live.json fresh and the log small."""

import os
import stat
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

import msgspec

from riptui.engine import BatchRunner
from riptui.inpainters.devices.device_names import torch_name
from riptui.store.disk import file_size
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import MAX_SKIPPED, SkippedTrajectory, WorkerJob, WorkerPhase, WorkerStatus
from riptui.store.worker_registry import Registration
from riptui.worker.gpu_stats import GpuStats
from riptui.worker.memory_queue import TrajectoryQueue

CHECK_SECONDS = 0.2  # seconds; a change is published at most this often
MAX_SILENCE_SECONDS = 2.0  # seconds; an unchanged status is published this often, so that readers see it is not stuck
RATE_WINDOW_SECONDS = 60.0
FIRST_STEP_SECONDS = 120.0  # without a step, until a step has shown how long one takes: compiling takes a minute
MIN_STILL_SECONDS, STILL_FACTOR = 30.0, 5.0  # a step that takes this long, and so many times the longest, is told
MAX_LOG_BYTES = 2**23  # bytes; a longer log is cut to
KEPT_LOG_BYTES = 2**20


class Heartbeat:
    """A context. The worker sets `phase` and `inpainter`; the rest is read from the runner and the queue."""

    def __init__(
        self,
        registration: Registration,
        runs: Path,
        runner: BatchRunner,
        queue: TrajectoryQueue,
        should_stop: Callable[[], bool],
    ) -> None:
        self.phase: WorkerPhase = "starting"
        self.inpainter = ""  # of the trajectory that was taken last
        self.gpu_stats = GpuStats(torch_name(registration.record.device))
        self._registration, self._runs, self._runner, self._queue = registration, runs.resolve(), runner, queue
        self._should_stop = should_stop
        self._steps: tuple[int, int, int] = 0, 0, 0
        self._committed: deque[float] = deque()
        self._last_sign = time.monotonic()  # of the thread that inpaints
        self._signs: object = None  # what it had done by then
        self._sign_count = 0  # with this inpainter
        self._longest = 0.0  # seconds between two of these signs; the first may have compiled
        self._relative_paths: dict[Path, str] = {}
        self._skipped: dict[Path, tuple[str, int]] = {}  # by folder: the reason and number of tries, the latest last
        self._last_status = WorkerStatus(0.0)
        self._publish_lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._loop, daemon=True, name="heartbeat")

    def __enter__(self) -> Self:
        self.publish()
        self.gpu_stats.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.gpu_stats.__exit__()
        self.phase = "leaving"
        self.publish()

    def record_step(self, step: int, steps: int) -> None:
        """Note a denoising step. An OnStep."""
        self._steps = self._count_iterations(), step, steps

    def record_iteration(self) -> None:
        self._committed.append(time.monotonic())
        self.gpu_stats.poll_memory()

    def record_skipped(self, trajectory: Trajectory, reason: str) -> None:
        """Note that a trajectory's folder cannot be used."""
        _, tries = self._skipped.get(trajectory.path, ("", 0))
        self.forget_skipped(trajectory)
        self._skipped = {**self._skipped, trajectory.path: (reason, tries + 1)}  # another thread reads it

    def forget_skipped(self, trajectory: Trajectory) -> None:
        """Its folder can be used after all."""
        if trajectory.path in self._skipped:
            self._skipped = {path: skipped for path, skipped in self._skipped.items() if path != trajectory.path}

    def publish(self) -> None:
        """Write live.json now, if anything in it changed or it is due."""
        with self._publish_lock:
            live = self.build_status()
            if (
                msgspec.structs.replace(live, when=self._last_status.when, still=self._last_status.still)
                != self._last_status
                or live.when - self._last_status.when > MAX_SILENCE_SECONDS
            ):
                self._registration.publish(live)
                self._last_status = live

    def _loop(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            self.publish()
            truncate_log(self._registration.log)

    def build_status(self) -> WorkerStatus:
        """The current state. In one thread at a time."""
        dismissed = self._should_stop()
        jobs = self._list_jobs()
        state = self.phase
        if state == "working" and self._runner.loaded_spec is None and len(jobs) < 2:  # others have it already
            state = "loading"
        skipped = self._skipped
        still = self._measure_stillness(state, jobs)
        memory = self.gpu_stats.memory or (None, None)
        return WorkerStatus(
            when=time.time(),
            state="leaving" if dismissed else state,
            inpainter=self.inpainter,
            jobs=jobs,
            rate=self._iteration_rate(),
            queued=len(self._queue),
            memory_used=memory[0],
            memory_total=memory[1],
            device=self._runner.device,
            load=self.gpu_stats.load,
            skipped=tuple(
                SkippedTrajectory(self._relative_path(Trajectory(path)), reason, tries)
                for path, (reason, tries) in list(skipped.items())[-MAX_SKIPPED:]
            ),
            skipped_count=len(skipped),
            still=int(still),
            dismissed=dismissed,
            notices=self._runner.notices,
        )

    def _measure_stillness(self, state: WorkerPhase, jobs: tuple[WorkerJob, ...]) -> float:
        """Seconds without a step or an iteration, if that is unusually long. Loading and waiting have neither."""
        now = time.monotonic()
        signs = state, self.inpainter, jobs
        still = now - self._last_sign
        if signs != self._signs:
            same_work = isinstance(self._signs, tuple) and self._signs[:2] == signs[:2] and jobs
            self._longest = max(self._longest, still) if same_work and self._sign_count else 0.0
            self._sign_count = self._sign_count + 1 if same_work else 0
            self._last_sign, self._signs = now, signs
            return 0.0
        is_known = self._sign_count > 1
        usual = max(MIN_STILL_SECONDS, STILL_FACTOR * self._longest) if is_known else FIRST_STEP_SECONDS
        return still if state == "working" and jobs and still >= usual else 0.0

    def _list_jobs(self) -> tuple[WorkerJob, ...]:
        done, step, steps = self._steps
        if done != self._count_iterations():  # the steps belong to an iteration that is finished
            step, steps = 0, 0
        return tuple(
            WorkerJob(self._relative_path(trajectory), k, iterations, step, steps)
            for trajectory, k, iterations in self._runner.in_progress
        )

    def _relative_path(self, trajectory: Trajectory) -> str:
        """Its path below the runs folder; as it was, when it is renamed or the current folder is removed meanwhile."""
        if trajectory.path not in self._relative_paths:
            try:
                relative_path = os.path.relpath(os.path.realpath(trajectory.path), self._runs)
            except OSError:  # the current folder was removed
                return str(trajectory.path)
            self._relative_paths[trajectory.path] = relative_path
        return self._relative_paths[trajectory.path]

    def _count_iterations(self) -> int:
        return sum(k for _, k, _ in self._runner.in_progress)

    def _iteration_rate(self) -> float:
        """Iterations per second over the last minute, or since the first one."""
        now = time.monotonic()
        while self._committed and now - self._committed[0] > RATE_WINDOW_SECONDS:
            self._committed.popleft()
        count = len(self._committed)
        return round((count - 1) / (self._committed[-1] - self._committed[0]), 3) if count > 1 else 0.0


def truncate_log(log: Path) -> None:
    """Drop the oldest lines of a log that has become too long; processes that append continue at its new end.

    A file of another's to which somebody who may write in the folder gave the log's name is not touched.
    """
    if file_size(log) <= MAX_LOG_BYTES:
        return
    with suppress(OSError):
        fd = os.open(log, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb+") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
                return
            file.seek(-KEPT_LOG_BYTES, os.SEEK_END)
            kept = file.read().partition(b"\n")[2]
            file.seek(0)
            file.truncate()
            file.write(b"... earlier lines were dropped\n" + kept)
