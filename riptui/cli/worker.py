"""`riptui worker`: the process that computes what is queued."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import rich_click as click

from riptui.cli.options import runs_option, worker_options

if TYPE_CHECKING:
    from riptui.events import TrajectoryEvent
    from riptui.supervision.client import WorkerOptions


class MinutesParam(click.ParamType[float]):
    """A number of minutes, or inf."""

    name = "minutes"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            minutes = float(value)
        except ValueError:
            minutes = -1.0
        if not minutes >= 0:
            self.fail(f"{value!r} is no number of minutes; 0: leave when nothing is left, inf: stay")
        return minutes


@click.command(short_help="Compute what is queued; keep the model warm.")
@runs_option
@worker_options
@click.option(
    "--idle",
    type=MinutesParam(),
    metavar="MINUTES",
    default=10.0,
    envvar="RIPTUI_IDLE",
    show_default=True,
    show_envvar=True,
    help="Leave after so long with nothing to do. 0: when nothing is left; inf: never.",
)
@click.option("--log", type=click.Path(path_type=Path), hidden=True, help="Where stdout and stderr go: it is detached.")
def worker(runs: Path, options: WorkerOptions, idle: float, log: Path | None) -> int:
    """Compute what is queued in a runs folder, and wait for more. Several share the work; one a GPU is usual.

    `riptui run --detach` starts one by itself. Ctrl-C or SIGTERM: it finishes the iteration in hand and leaves; what
    is not done stays queued.

    \b
    riptui worker                        here, on the best device
    riptui worker --device cuda:1        on the second GPU
    riptui worker --idle 0               until nothing is left
    """
    from riptui.cli import streams
    from riptui.cli.in_process import StopSignal
    from riptui.store.worker_registry import register
    from riptui.supervision.client import list_workers_on_gpu
    from riptui.worker.loop import new_worker_record, serve

    if log is not None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    record = new_worker_record(**asdict(options))
    with StopSignal("leaving after this iteration (again: at once)") as stop, register(runs, record) as entry:
        if log is not None:
            entry.attach_log(log)
        with nullcontext(None) if log is not None else streams.redirect_to_log(entry.log) as terminal:
            write_line = _make_line_writer(terminal)
            write_line(f"worker {record.id}, process {record.pid}, for {runs.resolve()}")
            for neighbour in list_workers_on_gpu(runs, record):
                write_line(
                    f"worker {neighbour.record.id} uses the same GPU: they share its memory; --device takes another"
                )
            _print_events(serve(entry, runs, idle_seconds=60 * idle, should_stop=lambda: bool(stop)), write_line)
            write_line("left: it was asked to" if stop else "left: nothing was to do")
    return 0


def _print_events(events: Iterator[TrajectoryEvent], write_line: Callable[[str], None]) -> None:
    from riptui.cli.run_display import PlainDisplay

    lines = PlainDisplay(1, write_line=write_line)
    for trajectory, event in events:
        lines.show(trajectory, event)


def _make_line_writer(terminal: TextIO | None) -> Callable[[str], None]:
    """Tells a line to the log, which stdout is, and to the terminal that the worker was started from."""
    from riptui.store.claim import timestamp
    from riptui.text.terminal import printable

    def write_line(text: str) -> None:
        sys.stdout.write(f"{timestamp()}  {printable(text)}\n")
        sys.stdout.flush()
        if terminal is not None:
            with suppress(OSError):  # it was closed: no reason not to go on
                terminal.write(f"{printable(text)}\n")

    return write_line
