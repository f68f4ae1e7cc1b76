"""Displays of a run's events: bars on a terminal, plain lines elsewhere, JSON lines for scripts, or nothing."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from riptui.cli.console import out, print_error, print_json, print_line, warn
from riptui.events import Ended, Event, Failed, HeldByOther, Iterated, Loading, Measured, Notice, Started, StepDone
from riptui.metrics.display import format_value, format_values, newest_values, primary_metric
from riptui.metrics.values import MetricValues, finite_or_none
from riptui.store import layout
from riptui.store.listing import read_last_row, summarize
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_count, format_rate

MIN_BAR_COLUMNS = 64  # below that there is no room for bars and speed
MAX_BARS = 8  # of single trajectories
MAX_SILENCE_SECONDS = 10.0  # between two plain lines
HELD_SECONDS = 1.0  # between two looks at trajectories that other processes run


@dataclass(frozen=True)
class NothingToDo:
    """The trajectory was done, or measured, before the command."""

    state: str = "done"


DisplayEvent = Event | NothingToDo


@contextmanager
def open_display(kind: str, trajectories: Sequence[Trajectory]) -> "Iterator[RunDisplay]":
    """The display of this kind; auto is rich on a terminal and plain elsewhere."""
    if kind == "auto":
        kind = "rich" if out.is_terminal else "plain"
    if kind == "rich":
        with _build_progress() as progress:
            yield BarsDisplay(progress, trajectories)
    else:
        yield (PlainDisplay if kind == "plain" else JsonDisplay if kind == "json" else RunDisplay)(trajectories)


class RunDisplay:
    """Prints only errors. Trajectories that come later than those named are shown too."""

    def __init__(self, trajectories: Sequence[Trajectory] = ()) -> None:
        self._parts = count_distinct_parts([trajectory.path for trajectory in trajectories])

    def name(self, trajectory: Trajectory) -> str:
        """The end of the path that tells it from the others, e.g. coffee/m128-s0, safe to print."""
        return printable("/".join(trajectory.path.parts[-self._parts :]))

    def show(self, trajectory: Trajectory, event: DisplayEvent) -> None:
        if isinstance(event, Failed):
            print_error(f"{self.name(trajectory)}: {event.error}")


def name_paths(paths: Sequence[Path]) -> list[str]:
    """The end of each path that tells it from the others, of equally many parts; at least two."""
    parts = count_distinct_parts(paths)
    return ["/".join(path.parts[-parts:]) for path in paths]


def count_distinct_parts(paths: Sequence[Path]) -> int:
    """How many last parts of each path tell them apart; at least two."""
    parts = 2
    while len({path.parts[-parts:] for path in paths}) < len({*paths}):
        parts += 1
    return parts


EVENT_NAMES: dict[type[DisplayEvent], str] = {
    Started: "started",
    Iterated: "iterated",
    Measured: "measured",
    Ended: "ended",
    Failed: "failed",
    HeldByOther: "elsewhere",
    Notice: "noted",
    Loading: "loading",
    StepDone: "stepped",
    NothingToDo: "already",
}
"""The name of each event in `--display json`. Scripts depend on them: never change one."""


class JsonDisplay(RunDisplay):
    """One JSON object per line."""

    def show(self, trajectory: Trajectory, event: DisplayEvent) -> None:
        head = {"event": EVENT_NAMES[type(event)], "trajectory": str(trajectory.path)}
        print_json(head | _event_fields(trajectory, event))


def _event_fields(trajectory: Trajectory, event: DisplayEvent) -> dict[str, Any]:
    match event:
        case Started(k, damage):
            return {"k": k, "iterations": trajectory.spec.iterations, "recovered": [*damage]}
        case Iterated(row):
            names = ("k", "box", "inpainted", "coverage", "seconds")
            return {name: getattr(row, name) for name in names}
        case Measured(k, values):
            return {"k": k, "values": {name: finite_or_none(value) for name, value in values.items()}}
        case HeldByOther(k, holder):
            return {"k": k, "pid": holder.pid if holder else None, "host": holder.host if holder else None}
        case Failed(error):
            return {"error": str(error)}
        case NothingToDo():
            return {}
        case Ended() | Notice() | Loading() | StepDone():
            return vars(event)


class PlainDisplay(RunDisplay):
    """A line at the start, at each measured frame and at the end, and at least every `MAX_SILENCE_SECONDS`.

    write_line: prints all lines, errors too; without it lines go to stdout and errors and warnings to stderr.
    """

    def __init__(
        self, trajectories: Sequence[Trajectory] = (), write_line: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(trajectories)
        self._count = len(trajectories)
        self._write_line = write_line or _print_and_flush
        self._print_error = (lambda text: write_line(f"error: {text}")) if write_line else print_error
        self._warn = write_line or warn
        self._started: dict[Path, tuple[float, int]] = {}  # when and at which k each started
        self._last_output = 0.0
        self._held: set[Path] = set()

    def show(self, trajectory: Trajectory, event: DisplayEvent) -> None:
        name = self.name(trajectory)
        if isinstance(event, Failed):  # checked first: the spec may be unreadable
            self._print_error(f"{name}: {event.error}")
            return
        total = trajectory.spec.iterations
        match event:
            case Started(k, damage):
                self._started[trajectory.path] = time.perf_counter(), k
                position = f" ({len(self._started)} of {self._count})" if self._count > 1 else ""
                start = f"resumes at {k}" if k else "starts"
                self._print(f"{name}{position}: {start}, {format_count(total, 'iteration')}")
                for message in damage:
                    self._warn(_recovery_message(name, message))
            case Iterated(row) if time.monotonic() - self._last_output > MAX_SILENCE_SECONDS:
                self._print(f"{name}: {row.k}/{total}  {row.inpainted:.0f} %")
            case StepDone(k, step, steps) if time.monotonic() - self._last_output > MAX_SILENCE_SECONDS:
                self._print(f"{name}: {k}/{total}  step {step}/{steps}")
            case Measured(k, values):
                self._print(f"{name}: {k}/{total}  {trajectory.spec.inpainted(k):.0f} %  {format_values(values)}")
            case Ended(k, done):
                self._print(f"{name}: {'done' if done else 'stopped'} at {k}/{total}{self._elapsed(trajectory, k)}")
            case NothingToDo():
                self._print(f"{name}: already {event.state}")
            case Notice(text):
                self._print(f"{name}: {text}")
            case Loading(inpainter):
                self._print(f"loading {inpainter} ...")
            case HeldByOther(k, holder) if trajectory.path not in self._held:
                self._held.add(trajectory.path)
                process = f"process {holder.pid} on {holder.host}" if holder else "another process"
                self._print(f"{name}: {process} is running it, at {k}/{total}; waiting")
            case _:
                pass

    def _elapsed(self, trajectory: Trajectory, k: int) -> str:
        if trajectory.path not in self._started:
            return ""
        started, first_k = self._started[trajectory.path]
        return f", {format_count(k - first_k, 'iteration')} in {time.perf_counter() - started:.1f} s"

    def _print(self, text: str) -> None:
        self._last_output = time.monotonic()
        self._write_line(text)


def _print_and_flush(text: str) -> None:
    print_line(text)
    sys.stdout.flush()


class BarsDisplay(RunDisplay):
    """A bar for each running trajectory, one for all of them, and a line above for each that ended."""

    def __init__(self, progress: Progress, trajectories: Sequence[Trajectory]) -> None:
        super().__init__(trajectories)
        self.progress = progress
        self._tasks: dict[Path, TaskID] = {}
        self._loading: TaskID | None = None
        self._values: dict[Path, MetricValues] = {}
        self._held: dict[Path, Trajectory] = {}
        """Those with a bar that another process runs."""
        self._held_read = 0.0  # time.monotonic()
        summaries = [summarize(trajectory) for trajectory in trajectories]
        self._done = {summary.trajectory.path: summary.k for summary in summaries}
        total = sum(summary.spec.iterations for summary in summaries if summary.spec)
        self._overall: TaskID | None = None
        if len(trajectories) > 1:
            done = sum(self._done.values())
            description = f"{len(trajectories)} trajectories"
            self._overall = progress.add_task(description, total=total, completed=done, inpainted="", values="")

    def show(self, trajectory: Trajectory, event: DisplayEvent) -> None:
        name, path = self.name(trajectory), trajectory.path
        self._read_held()
        if isinstance(event, Failed):
            self._finish(path, ("✗ ", "red"), f"{name}  {printable(str(event.error))}")
            return
        spec = trajectory.spec
        match event:
            case Started(k, damage):
                self._held.pop(path, None)
                self._values[path] = newest_values(trajectory.read_metrics())
                self._add_bar(path, name, k, spec.iterations)
                for message in damage:
                    self.progress.console.print(Text(_recovery_message(name, message), "yellow"))
            case Iterated(row):
                self._update(path, row.k, f"{row.inpainted:.0f} %")
            case StepDone(k, step, steps):
                self._update(path, k, f"{spec.inpainted(k):.0f} %  step {step}/{steps}")
            case Measured(k, values):
                self._values[path] = dict(values)
            case Ended(k, done):
                mark = ("✓ ", "green") if done else ("◼ ", "yellow")
                values = self._values.get(path) or newest_values(trajectory.read_metrics())
                self._count(path, k)
                self._finish(path, mark, f"{name}  {spec.inpainted(k):.0f} %  {format_values(values)}")
            case NothingToDo():
                values = newest_values(trajectory.read_metrics())
                self._finish(path, ("✓ ", "green"), f"{name}  already {event.state}  {format_values(values)}")
            case Notice(text):
                self.progress.console.print(Text(printable(f"{name}: {text}"), "yellow"))
            case Loading(inpainter):
                self._remove_loading()
                self._loading = self.progress.add_task(f"loading {inpainter} ...", total=None, inpainted="", values="")
            case HeldByOther(k, holder):
                self._add_bar(path, f"{name} (process {holder.pid if holder else '?'})", k, spec.iterations)
                self._update(path, k, f"{spec.inpainted(k):.0f} %")
                self._held[path] = trajectory

    def _read_held(self) -> None:
        """Read how far other processes are, from time to time: their iterations are no events here. The bar of one that
        they finished goes at once, its line comes when its turn in the queue does.
        """
        now = time.monotonic()
        if now - self._held_read < HELD_SECONDS:
            return
        self._held_read = now
        for path, trajectory in [*self._held.items()]:
            row = read_last_row(str(path / layout.ROWS))
            if row is None:
                continue
            self._update(path, row.k, f"{row.inpainted:.0f} %")
            if row.k >= trajectory.spec.iterations:
                self._remove_bar(path)

    def _add_bar(self, path: Path, description: str, k: int, total: int) -> None:
        if (task := self._tasks.get(path)) is not None:
            self.progress.update(task, description=description)
            return
        self._tasks[path] = self.progress.add_task(
            description, total=total, completed=k, inpainted="", values="", visible=len(self._tasks) < MAX_BARS
        )

    def _update(self, path: Path, k: int, inpainted: str) -> None:
        self._remove_loading()
        if path in self._tasks:
            values = self._format_newest(path)
            self.progress.update(self._tasks[path], completed=k, inpainted=inpainted, values=values)
        self._count(path, k)

    def _count(self, path: Path, k: int) -> None:
        """Count the iterations of a trajectory, whichever process computed them."""
        self._done[path] = k
        if self._overall is not None:
            self.progress.update(self._overall, completed=sum(self._done.values()))

    def _format_newest(self, path: Path) -> str:
        name, values = primary_metric({0: self._values.get(path, {})})
        return f"{name} {format_value(values[0])}" if values else ""

    def _finish(self, path: Path, mark: tuple[str, str], text: str) -> None:
        self._remove_loading()
        self._remove_bar(path)
        self.progress.console.print(Text.assemble(mark, text))

    def _remove_bar(self, path: Path) -> None:
        self._held.pop(path, None)
        if path in self._tasks:
            self.progress.remove_task(self._tasks.pop(path))
            for task in [*self._tasks.values()][:MAX_BARS]:
                self.progress.update(task, visible=True)

    def _remove_loading(self) -> None:
        if self._loading is not None:
            self.progress.remove_task(self._loading)
            self._loading = None


class SpeedColumn(ProgressColumn):
    """Iterations per second, or seconds per iteration if that is below one."""

    def render(self, task: Task) -> Text:
        return Text(format_rate(task.speed), "dim") if task.speed else Text("")


def _build_progress() -> Progress:
    name = TextColumn("{task.description}", markup=False)
    inpainted = TextColumn("{task.fields[inpainted]}", markup=False)
    value = TextColumn("{task.fields[values]}", markup=False, style="cyan")
    wide = (BarColumn(bar_width=24), MofNCompleteColumn(), inpainted, SpeedColumn(), TimeRemainingColumn(compact=True))
    return Progress(
        name,
        *(wide if out.width >= MIN_BAR_COLUMNS else (MofNCompleteColumn(),)),
        value,
        console=out,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _recovery_message(name: str, damage: str) -> str:
    return printable(f"{name}: damaged, resuming from the last intact iteration: {damage}")
