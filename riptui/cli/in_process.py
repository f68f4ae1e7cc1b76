"""Run trajectories in the command's own process, as a worker that runs nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import rich_click as click

from riptui.cli.console import warn
from riptui.cli.run_display import RunDisplay
from riptui.cli.stop_signal import StopSignal
from riptui.cli.via_worker import queue_unfinished
from riptui.cli.worker_options import ExecutionOptions
from riptui.errors import DiskError, RiptuiError
from riptui.events import Ended, Failed, Iterated, TrajectoryEvent
from riptui.store.records import Request
from riptui.store.requests import has_work
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerOptions, WorkerRecord
from riptui.store.worker_registry import Registration, register
from riptui.supervision.client import request_state
from riptui.worker.loop import new_worker_record, serve
from riptui.worker.memory_queue import MemoryQueue


def run_in_process(
    runs: Path,
    trajectories: Sequence[Trajectory],
    execution: ExecutionOptions,
    request: Request | None,
    display: RunDisplay,
) -> int:
    """Run trajectories to completion in this process and show it; return the exit code.

    A failed one does not stop the others; a full disk does. After a signal the unfinished ones are stopped, except
    those that another process is running.
    """
    with StopSignal() as stop, execution.care.open_hook(runs) as hook:
        queued, failed = queue_unfinished(trajectories, display, request)
        if queued:
            for trajectory, event in _run_queued(runs, queued, stop, trust=execution.worker.trust):
                failed |= isinstance(event, Failed)
                display.show(trajectory, event)
                hook.tell_event(trajectory, event)
        if stop.signal is not None:
            stop_queued(trajectories)
            return 128 + stop.signal
    return 1 if failed else 0


def _run_queued(
    runs: Path, trajectories: Sequence[Trajectory], stop: StopSignal, *, trust: bool
) -> Iterator[TrajectoryEvent]:
    """Run queued trajectories, and wait for those that another process runs; an event ends each of them."""
    queue = MemoryQueue(retry=True)
    for trajectory in trajectories:
        queue.add(trajectory)
    context = click.get_current_context(silent=True)
    command = (context and context.info_name) or "run"
    remaining = {trajectory.path for trajectory in trajectories}
    with _register(runs, new_worker_record(WorkerOptions(batch=1, trust=trust), command=command)) as (entry, notice):
        with suppress(DiskError):  # it has been yielded
            should_stop = stop.unless_requested(lambda: entry.leave_requested)
            for trajectory, event in serve(entry, runs, idle_seconds=0, should_stop=should_stop, queue=queue):
                if notice and isinstance(event, Iterated):
                    warn(notice)
                    notice = ""
                if isinstance(event, Ended | Failed):
                    remaining.discard(trajectory.path)
                yield trajectory, event
                yield from _read_skipped(queue, remaining)
        yield from _read_skipped(queue, remaining)


def _read_skipped(queue: MemoryQueue, remaining: set[Path]) -> Iterator[TrajectoryEvent]:
    """How trajectories ended that did not run here: another process ran them, or their requests changed."""
    for trajectory, final in queue.take_ended():
        if final and trajectory.path in remaining:
            remaining.discard(trajectory.path)
            yield trajectory, _read_end(trajectory)


def _read_end(trajectory: Trajectory) -> Ended | Failed:
    try:
        Trajectory.open(trajectory.path)  # it may have been removed
        if failure := trajectory.failure:
            return Failed(RiptuiError(failure.error))
        return Ended(len(trajectory.read_rows()), done=not has_work(trajectory))
    except RiptuiError as error:
        return Failed(error)


@contextmanager
def _register(runs: Path, record: WorkerRecord) -> Iterator[tuple[Registration, str]]:
    """Register a worker while the context lasts; where that fails, in a temporary folder, and with a notice."""
    with ExitStack() as stack:
        notice = ""
        try:
            entry = stack.enter_context(register(runs, record))
        except DiskError as error:
            notice = f"`riptui ps` does not list this run: {error}"
            folder = stack.enter_context(TemporaryDirectory(prefix="riptui-"))
            entry = stack.enter_context(register(Path(folder), record))
        yield entry, notice


def stop_queued(trajectories: Sequence[Trajectory]) -> None:
    """Stop those that are queued, so that no worker takes them before somebody requests them again."""
    for trajectory in trajectories:
        with suppress(RiptuiError):
            if trajectory.read_status() == Status.QUEUED:
                request_state(trajectory, "stop")
