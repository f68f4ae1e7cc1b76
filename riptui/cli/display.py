"""How events are shown: bars on a terminal, plain lines elsewhere, JSON lines for scripts, or nothing."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

from riptui.cli.console import complain, emit, note, out, say
from riptui.cli.jobs import Already, Display, Elsewhere, Failed
from riptui.engine import Ended, Event, Iterated, Measured, Started
from riptui.store.listing import summarize
from riptui.store.records import Values, finite_or_none
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.values import headline, listed, number

Shown = Event | Already | Elsewhere | Failed

ROOMY = 64  # columns; below that there is no room for bars and speed
QUIET = 10.0  # seconds; plain lines come at least this often


@contextmanager
def open_display(kind: str, trajectories: Sequence[Trajectory]) -> Iterator[Display]:
    """The display of that name for some trajectories; auto is rich on a terminal and plain elsewhere."""
    if kind == "auto":
        kind = "rich" if out.is_terminal else "plain"
    if kind == "rich":
        with _progress() as progress:
            yield Bars(progress, trajectories)
    else:
        yield Nothing() if kind == "none" else Json() if kind == "json" else Plain(len(trajectories))


def label(trajectory: Trajectory) -> str:
    """The last two parts of the path, e.g. coffee/m128-s0, safe to print."""
    return printable("/".join(trajectory.path.parts[-2:]))


def newest(trajectory: Trajectory) -> Values:
    """What was measured of the last measured frame."""
    return next(reversed(list(trajectory.metrics().values())), {})


class Nothing:
    """Only errors."""

    def show(self, trajectory: Trajectory, event: Shown) -> None:
        if isinstance(event, Failed):
            complain(f"{label(trajectory)}: {event.error}")


class Json:
    """One object a line."""

    def show(self, trajectory: Trajectory, event: Shown) -> None:
        emit({"event": type(event).__name__.lower(), "trajectory": str(trajectory.path), **_fields(event)})


def _fields(event: Shown) -> dict[str, Any]:
    match event:
        case Started(k, found):
            return {"k": k, "iterations": found.walk.spec.iterations, "recovered": found.damage}
        case Iterated(row):
            names = ("k", "box", "inpainted", "coverage", "seconds")
            return {name: getattr(row, name) for name in names}
        case Measured(k, values):
            return {"k": k, "values": {name: finite_or_none(value) for name, value in values.items()}}
        case Ended(k, done):
            return {"k": k, "done": done}
        case Elsewhere(k, holder):
            return {"k": k, "pid": holder.pid if holder else None, "host": holder.host if holder else None}
        case Failed(error):
            return {"error": str(error)}
        case Already():
            return {}


class Plain:
    """A line at the start, at each measured frame, at the end, and when nothing was said for a while."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = 0
        self._spoke = 0.0
        self._elsewhere: set[str] = set()

    def show(self, trajectory: Trajectory, event: Shown) -> None:
        name = label(trajectory)
        if isinstance(event, Failed):  # perhaps because the spec cannot be read
            complain(f"{name}: {event.error}")
            return
        total = trajectory.spec.iterations
        match event:
            case Started(k, found):
                self._started, self._first = time.perf_counter(), k
                self._begun += 1
                place = f" ({self._begun} of {self._count})" if self._count > 1 else ""
                self._say(f"{name}{place}: {f'goes on at {k}' if k else 'starts'}, {total} iterations")
                for what in found.damage:
                    note(_recovery(name, what))
            case Iterated(row) if time.monotonic() - self._spoke > QUIET:
                self._say(f"{name}: {row.k}/{total}  {row.inpainted:.0f} %")
            case Measured(k, values):
                self._say(f"{name}: {k}/{total}  {trajectory.spec.inpainted(k):.0f} %  {listed(values)}")
            case Ended(k, done):
                seconds = time.perf_counter() - self._started
                self._say(f"{name}: {'done' if done else 'stopped'} at {k}, {k - self._first} in {seconds:.1f} s")
            case Already():
                self._say(f"{name}: {event.what} already")
            case Elsewhere(k, holder) if name not in self._elsewhere:
                self._elsewhere.add(name)
                who = f"process {holder.pid} on {holder.host}" if holder else "another process"
                self._say(f"{name}: {who} computes it and is at {k}/{total}; waiting")
            case _:
                pass

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        say(text)
        sys.stdout.flush()


class Bars:
    """A bar for the trajectory in hand, one for all of them, and a line above for each that ended."""

    def __init__(self, progress: Progress, trajectories: Sequence[Trajectory]) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._description = ""
        self._values: Values = {}
        found = [summarize(trajectory) for trajectory in trajectories]
        self._done = {summary.trajectory.path: summary.k for summary in found}
        total = sum(summary.spec.iterations for summary in found if summary.spec)
        self._all: TaskID | None = None
        if len(trajectories) > 1:
            self._all = progress.add_task(
                f"{len(trajectories)} trajectories",
                total=total,
                completed=sum(self._done.values()),
                inpainted="",
                values="",
            )

    def show(self, trajectory: Trajectory, event: Shown) -> None:
        name = label(trajectory)
        if isinstance(event, Failed):
            self._finish(("✗ ", "red"), f"{name}  {printable(str(event.error))}")
            return
        total = trajectory.spec.iterations
        match event:
            case Started(k, found):
                self._begin(name, k, total)
                self._values = newest(trajectory)
                for what in found.damage:
                    self._progress.console.print(Text(_recovery(name, what), "yellow"))
            case Iterated(row):
                self._update(trajectory, row.k, row.inpainted)
            case Measured(k, values):
                self._values = dict(values)
            case Ended(k, done):
                mark = ("✓ ", "green") if done else ("◼ ", "yellow")
                self._finish(mark, f"{name}  {trajectory.spec.inpainted(k):.0f} %  {listed(self._values)}")
            case Already():
                self._finish(("✓ ", "green"), f"{name}  {event.what} already  {listed(newest(trajectory))}")
            case Elsewhere(k, holder):
                self._begin(f"{name} (process {holder.pid if holder else '?'})", k, total)
                self._update(trajectory, k, trajectory.spec.inpainted(k))

    def _begin(self, description: str, k: int, total: int) -> None:
        if self._task is not None and self._description == description:
            return
        self._clear()
        self._description = description
        self._task = self._progress.add_task(description, total=total, completed=k, inpainted="", values="")

    def _update(self, trajectory: Trajectory, k: int, inpainted: float) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=k, inpainted=f"{inpainted:.0f} %", values=self._newest())
        if self._all is not None:
            self._done[trajectory.path] = k
            self._progress.update(self._all, completed=sum(self._done.values()))

    def _newest(self) -> str:
        name, values = headline({0: self._values})
        return f"{name} {number(values[0])}" if values else ""

    def _finish(self, mark: tuple[str, str], text: str) -> None:
        self._clear()
        self._progress.console.print(Text.assemble(mark, text))

    def _clear(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


class Speed(ProgressColumn):
    """Iterations a second, or seconds an iteration below one."""

    def render(self, task: Task) -> Text:
        speed = task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.1f} it/s" if speed >= 1 else f"{1 / speed:.1f} s/it", "dim")


def _progress() -> Progress:
    name = TextColumn("{task.description}", markup=False)
    inpainted = TextColumn("{task.fields[inpainted]}", markup=False)
    value = TextColumn("{task.fields[values]}", markup=False, style="cyan")
    wide = (BarColumn(bar_width=24), MofNCompleteColumn(), inpainted, Speed(), TimeRemainingColumn(compact=True))
    return Progress(
        name,
        *(wide if out.width >= ROOMY else (MofNCompleteColumn(),)),
        value,
        console=out,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _recovery(name: str, what: str) -> str:
    return printable(f"{name}: damaged, computed again from there: {what}")
