"""The worker in a Ray actor: the driver assigns its trajectories, and exchanges a message with it twice a second.

It runs them in a thread, while its host calls `exchange` again and again. It knows nothing of Ray.
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

from riptui.errors import StoreError, WorkerError
from riptui.events import Failed
from riptui.ray_cluster.actor_output import ActorOutput
from riptui.ray_cluster.messages import ActorReply, DriverCommand
from riptui.store.disk import Folder
from riptui.store.lease import Bundle, RemoteCopy
from riptui.store.lock import FolderLock, probe_lock
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import read_worker, register, workers_folder
from riptui.worker.loop import new_worker_record, serve
from riptui.worker.memory_queue import MemoryQueue

EXCHANGE_SECONDS = 0.5  # seconds that an exchange takes while no trajectory ends
SCRATCH_PREFIX = "riptui-copies-"
GRACE_SECONDS = 60.0  # seconds; a younger folder may not be locked yet


class ActorWorker:
    """runs: the driver's runs folder. driver_folder: a folder in it that the driver keeps locked.

    If this host sees that lock, trajectories run in the runs folder itself. Otherwise, or with `copies`, they run in a
    scratch folder, and each reply contains what was committed since the last one. variables: of the driver's
    environment, for an actor has that of the cluster.
    """

    def __init__(
        self,
        runs: Path,
        driver_folder: Path,
        options: WorkerOptions,
        *,
        copies: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        os.environ.update(variables or {})  # before any library reads them
        if options.offline:
            os.environ.update(HF_HUB_OFFLINE="1", RIPTUI_OFFLINE="1")
        self._shares_disk = not copies and probe_lock(driver_folder)[0]
        self._incarnation = secrets.token_hex(8)
        self._record = new_worker_record(options)
        self._queue = MemoryQueue()
        self._problems: list[str] = []
        self._error: BaseException | None = None
        self._output: ActorOutput | None = None
        self._copies: dict[str, RemoteCopy] = {}
        self._last_reply: tuple[int, ActorReply] | None = None
        self._scratch = Path(os.path.realpath(tempfile.mkdtemp(prefix=SCRATCH_PREFIX)))
        self._runs = runs if self._shares_disk else self._scratch / "runs"
        Thread(target=self._run, daemon=True, name="worker").start()

    def keep_output(self) -> None:
        """Send all that this process prints to the driver from now on."""
        self._output = ActorOutput(self._scratch / "output.txt")

    def exchange(self, command: DriverCommand) -> ActorReply:
        """Queue what a command assigns, wait until a trajectory ends or the time is up, and reply.

        Raises WorkerError if the worker has ended.
        """
        if self._last_reply is None or self._last_reply[0] != command.number:
            if command.incarnation == self._incarnation:
                for relative_path, bundle in command.assigned.items():
                    self._queue.add(self._receive(relative_path, bundle))
                for relative_path, request in command.requests.items():
                    if relative_path in self._copies:
                        self._copies[relative_path].set_request(request)
                self._queue.ended_event.wait(EXCHANGE_SECONDS)
            self._last_reply = command.number, self._make_reply()
        return self._last_reply[1]

    def close(self) -> None:
        """Delete the copies with all that no reply contained. To be called last."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _receive(self, relative_path: str, bundle: Bundle | None) -> Trajectory:
        if bundle is None:
            return Trajectory(self._runs / relative_path)
        self._copies[relative_path] = RemoteCopy(self._runs / relative_path, bundle)
        return self._copies[relative_path].trajectory

    def _make_reply(self) -> ActorReply:
        if self._error is not None:
            raise WorkerError(f"{type(self._error).__name__}: {self._error}")
        self._queue.ended_event.clear()
        ended = {os.path.relpath(trajectory.path, self._runs): final for trajectory, final in self._queue.take_ended()}
        deltas = {relative_path: delta for relative_path, copy in self._copies.items() if (delta := copy.take_delta())}
        for relative_path in self._copies.keys() & ended:
            shutil.rmtree(self._copies.pop(relative_path).trajectory.path, ignore_errors=True)
        problems, self._problems = self._problems, []
        worker = read_worker(workers_folder(self._scratch) / self._record.id)
        live = worker.live if worker else None
        reply = ActorReply(
            self._incarnation, self._record, self._shares_disk, live, deltas, ended, problems=tuple(problems)
        )
        if self._output is None:
            return reply
        output = self._output.take_new()
        return replace(reply, output=output, output_file=str(self._output.file), output_end=self._output.end)

    def _run(self) -> None:
        try:
            with _hold_scratch(self._scratch), register(self._scratch, self._record) as registration:
                events = serve(
                    registration, self._runs, idle_seconds=float("inf"), should_stop=lambda: False, queue=self._queue
                )
                for _, event in events:
                    if isinstance(event, Failed) and isinstance(event.error, StoreError):
                        self._problems.append(str(event.error))
        except BaseException as error:
            self._error = error
            self._queue.ended_event.set()


@contextmanager
def _hold_scratch(scratch: Path) -> Iterator[None]:
    """Keep the scratch folder locked, and remove those of workers that were killed on this host."""
    with Folder(scratch) as folder, FolderLock(folder):
        for leftover in scratch.parent.glob(f"{SCRATCH_PREFIX}*"):
            with suppress(OSError):
                status = leftover.lstat()
                is_old = status.st_uid == os.getuid() and time.time() - status.st_mtime > GRACE_SECONDS
                if is_old and leftover.is_dir() and not probe_lock(leftover)[0]:
                    shutil.rmtree(leftover, ignore_errors=True)
        yield
