"""The workers of this host: one a device, or several; those that die are replaced, as long as something comes of it."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from riptui.client import Wish, staff
from riptui.errors import InputError, WorkerError
from riptui.inpainters.devices import cuda_count, require_device
from riptui.store.trajectory import Status
from riptui.store.workers import Worker, look_at
from riptui.study.progress import Progress, Progressing

POLL = 0.5  # seconds between two looks
MOST_ON_CPU = 4  # workers, where nobody says how many
UNCOUNTED = 99
FRUITLESS = 10  # workers in a row that end while something waits, without anything having come of them
LYING = 60.0  # seconds; what workers that idle leave lying for so long they cannot compute


def wishes(devices: str, workers: int | None, wish: Wish, *, weights: bool) -> list[Wish]:
    """A wish for each worker. devices: "0,1", "all" GPUs, "cpu", or "" for what suits the study.

    workers: how many on each device; None: one, on a CPU as many as it has cores, up to 4, unless there are weights.
    Raises InputError.
    """
    devices = devices or ("all" if weights and cuda_count() else "cpu")
    if devices == "cpu":
        each = [replace(wish, device="cpu")]
        usual = 1 if weights else min(MOST_ON_CPU, os.cpu_count() or 1)
    else:
        each = [replace(wish, device=device) for device in _gpus(devices)]
        usual = 1
    return [one for one in each for _ in range(usual if workers is None else workers)]


def _gpus(devices: str) -> list[str]:
    if devices == "all":
        count = cuda_count()
        if count == UNCOUNTED:
            raise InputError("the GPUs of this machine cannot be counted: name them, e.g. --devices 0,1")
        if not count:
            raise InputError("this machine shows no GPU: --devices cpu, or riptui doctor")
        return [f"cuda:{index}" for index in range(count)]
    names = []
    for part in dict.fromkeys(devices.split(",")):
        name = f"cuda:{part.strip()}" if part.strip().isdecimal() else part.strip()
        require_device(name)
        names.append(name)
    return names


class Post:
    """A worker that is wished for, and whoever holds the post."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.worker: Worker | None = None
        self.closed = False
        """Somebody sent its worker away."""


class Crew:
    """The workers of a runs folder on this host, one for each wish."""

    def __init__(self, runs: Path, wishes: Sequence[Wish]) -> None:
        self._runs = runs
        self._posts = [Post(wish) for wish in wishes]
        self._mark: object = None
        self._fruitless = 0
        self._lying_since: float | None = None

    def muster(self) -> list[Worker]:
        """Find or start them all. Raises WorkerError, DiskError."""
        for wish in dict.fromkeys(post.wish for post in self._posts):
            own = [post for post in self._posts if post.wish == wish and not post.closed]
            for post, worker in zip(own, staff(self._runs, wish, len(own)), strict=True):
                post.worker = worker
        return [post.worker for post in self._posts if post.worker]

    def see_to(self, study: Progressing) -> list[str]:
        """Replace those that ended while something waits for them; what is to be told of that.

        Raises WorkerError if nothing comes of it, or if all were sent away; DiskError.
        """
        told, vacant = [], False
        for post in self._posts:
            if post.worker is None or post.closed:
                continue
            last = look_at(post.worker.folder) or replace(post.worker, alive=False)
            post.worker = last
            if last.alive:
                continue
            if last.live and last.live.dismissed:
                post.closed = True
                told.append(f"worker {last.record.id} was sent away, and is not replaced")
                continue
            if not last.leaving:
                told.append(f"worker {last.record.id} died; another one goes on ({last.log})")
            vacant = True
        progress = study.look(at_all=True) if vacant else study.last
        self._require_one(progress)
        if vacant and progress.statuses.get(Status.QUEUED):
            self._count(progress)
            self.muster()
        self._require_work(progress)
        return told

    def _require_one(self, progress: Progress) -> None:
        left = progress.statuses.get(Status.QUEUED, 0)
        if left and self._posts and all(post.closed for post in self._posts):
            raise WorkerError(f"all workers were sent away; {left} trajectories stay queued")

    def _count(self, progress: Progress) -> None:
        """Raise WorkerError if it is no use to start yet another."""
        mark = progress.done, progress.statuses.get(Status.DONE), len(progress.failed)
        self._fruitless = self._fruitless + 1 if mark == self._mark else 1
        self._mark = mark
        if self._fruitless >= FRUITLESS:
            logs = ", ".join(str(post.worker.log) for post in self._posts if post.worker)
            raise WorkerError(f"{self._fruitless} times workers ended, and nothing came of it; see {logs}")

    def _require_work(self, progress: Progress) -> None:
        """Raise WorkerError if workers leave lying what is queued."""
        idle = all(worker.live and worker.live.state == "idle" for worker in progress.workers)
        if not (progress.workers and idle and progress.statuses.get(Status.QUEUED)):
            self._lying_since = None
            return
        self._lying_since = self._lying_since or time.monotonic()
        if time.monotonic() - self._lying_since > LYING:
            logs = ", ".join(str(worker.log) for worker in progress.workers)
            raise WorkerError(
                f"the workers leave {progress.statuses[Status.QUEUED]} trajectories lying; their logs say why: {logs}"
            )


def watch(study: Progressing, crew: Crew) -> Iterator[tuple[Progress, list[str]]]:
    """How far the study is, and what is to be told of its workers, twice a second until all has ended.

    Raises WorkerError, DiskError.
    """
    while True:
        progress = study.look()
        yield progress, []
        if study.is_over:
            return
        if told := crew.see_to(study):
            yield progress, told
        time.sleep(POLL)
