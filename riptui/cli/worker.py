"""`riptui worker`: compute queued trajectories."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, TextIO

from riptui.cli import streams
from riptui.cli.console import print_line
from riptui.cli.run_display import PlainDisplay
from riptui.cli.stop_signal import StopSignal
from riptui.cli.worker_options import take_worker_options
from riptui.events import TrajectoryEvent
from riptui.inpainters.devices.device_names import show_only
from riptui.store.claim import timestamp
from riptui.store.worker_registry import Registration, read_leave_request, register
from riptui.supervision.client import list_workers_on_gpu, start_worker
from riptui.text.terminal import printable
from riptui.worker.loop import new_worker_record, serve


def worker(runs: Path, idle: float, detach: bool, log: Path | None, **worker_options: Any) -> int:
    options = take_worker_options(worker_options)
    if detach:
        started = start_worker(runs, options, idle_minutes=idle)
        print_line(f"worker {started.record.id} runs in the background; riptui logs -f {started.record.id} follows it")
        return 0
    if log is not None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    record = new_worker_record(options)  # with the environment as it was found, by which others recognise it
    show_only(options.device)
    with (
        StopSignal("finishing this iteration, then exiting (press again to exit now)") as stop,
        register(runs, record) as entry,
    ):
        if log is not None:
            entry.attach_log(log)
        with nullcontext(None) if log is not None else streams.redirect_to_log(entry.open_log()) as terminal:
            write_line = _make_line_writer(terminal)
            write_line(f"worker {record.id}, process {record.pid}, for {runs.resolve()}")
            for neighbour in list_workers_on_gpu(runs, record):
                other = neighbour.record.id
                write_line(f"worker {other} uses the same GPU and its memory; choose another with --device")
            should_stop = stop.unless_requested(lambda: entry.leave_requested)
            _print_events(serve(entry, runs, idle_seconds=60 * idle, should_stop=should_stop), write_line)
            write_line(_format_exit(entry) if stop else "exiting: queue empty")
    return 0


def _format_exit(entry: Registration) -> str:
    by = read_leave_request(entry.path).by if entry.leave_requested else ""
    return f"exiting: stop requested{f' by {by}' if by else ''}"


def _print_events(events: Iterator[TrajectoryEvent], write_line: Callable[[str], None]) -> None:
    lines = PlainDisplay(write_line=write_line)
    for trajectory, event in events:
        lines.show(trajectory, event)


def _make_line_writer(terminal: TextIO | None) -> Callable[[str], None]:
    """A function that writes a line to stdout, which is the log, and to the terminal that started the worker."""

    def write_line(text: str) -> None:
        sys.stdout.write(f"{timestamp()}  {printable(text)}\n")
        sys.stdout.flush()
        if terminal is not None:
            with suppress(OSError):  # the terminal was closed: continue
                terminal.write(f"{printable(text)}\n")

    return write_line
