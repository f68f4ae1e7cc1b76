"""How events are shown: bars on a terminal, plain lines elsewhere, JSON lines for scripts, or nothing."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

from riptui.cli.console import complain, emit, note, out, say
from riptui.cli.jobs import Already, Display
from riptui.events import Elsewhere, Ended, Event, Failed, Iterated, Loading, Measured, Noted, Started, Stepped
from riptui.store.listing import summarize
from riptui.store.records import Values, finite_or_none
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.values import headline, listed, number

Shown = Event | Already

ROOMY = 64  # columns; below that there is no room for bars and speed
MOST = 8  # bars of single trajectories
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
        emit({"event": type(event).__name__.lower(), "trajectory": str(trajectory.path), **_fields(trajectory, event)})


def _fields(trajectory: Trajectory, event: Shown) -> dict[str, Any]:
    match event:
        case Started(k, damage):
            return {"k": k, "iterations": trajectory.spec.iterations, "recovered": [*damage]}
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
        case Noted(text):
            return {"text": text}
        case Loading(inpainter):
            return {"inpainter": inpainter}
        case Stepped(k, step, steps):
            return {"k": k, "step": step, "steps": steps}
        case Already():
            return {}


class Plain:
    """A line at the start, at each measured frame, at the end, and when nothing was said for a while.

    line: where the lines go, errors among them; None: to stdout, and what is wrong to stderr.
    """

    def __init__(self, count: int, line: Callable[[str], None] | None = None) -> None:
        self._count = count
        self._line = line or _line
        self._complain = (lambda text: line(f"error: {text}")) if line else complain
        self._note = line or note
        self._begun: dict[Path, tuple[float, int]] = {}
        """When and at which k each was begun."""
        self._spoke = 0.0
        self._elsewhere: set[Path] = set()

    def show(self, trajectory: Trajectory, event: Shown) -> None:
        name = label(trajectory)
        if isinstance(event, Failed):  # perhaps because the spec cannot be read
            self._complain(f"{name}: {event.error}")
            return
        total = trajectory.spec.iterations
        match event:
            case Started(k, damage):
                self._begun[trajectory.path] = time.perf_counter(), k
                place = f" ({len(self._begun)} of {self._count})" if self._count > 1 else ""
                self._say(f"{name}{place}: {f'goes on at {k}' if k else 'starts'}, {total} iterations")
                for what in damage:
                    self._note(_recovery(name, what))
            case Iterated(row) if time.monotonic() - self._spoke > QUIET:
                self._say(f"{name}: {row.k}/{total}  {row.inpainted:.0f} %")
            case Stepped(k, step, steps) if time.monotonic() - self._spoke > QUIET:
                self._say(f"{name}: {k}/{total}  step {step}/{steps}")
            case Measured(k, values):
                self._say(f"{name}: {k}/{total}  {trajectory.spec.inpainted(k):.0f} %  {listed(values)}")
            case Ended(k, done):
                self._say(f"{name}: {'done' if done else 'stopped'} at {k}{self._passed(trajectory, k)}")
            case Already():
                self._say(f"{name}: {event.what} already")
            case Noted(text):
                self._say(f"{name}: {text}")
            case Loading(inpainter):
                self._say(f"loading {inpainter} ...")
            case Elsewhere(k, holder) if trajectory.path not in self._elsewhere:
                self._elsewhere.add(trajectory.path)
                who = f"process {holder.pid} on {holder.host}" if holder else "another process"
                self._say(f"{name}: {who} computes it and is at {k}/{total}; waiting")
            case _:
                pass

    def _passed(self, trajectory: Trajectory, k: int) -> str:
        if trajectory.path not in self._begun:
            return ""
        began, first = self._begun[trajectory.path]
        return f", {k - first} in {time.perf_counter() - began:.1f} s"

    def _say(self, text: str) -> None:
        self._spoke = time.monotonic()
        self._line(text)


def _line(text: str) -> None:
    say(text)
    sys.stdout.flush()


class Bars:
    """A bar for each trajectory in hand, one for all of them, and a line above for each that ended."""

    def __init__(self, progress: Progress, trajectories: Sequence[Trajectory]) -> None:
        self._progress = progress
        self._tasks: dict[Path, TaskID] = {}
        self._loading: TaskID | None = None
        self._values: dict[Path, Values] = {}
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
        name, path = label(trajectory), trajectory.path
        if isinstance(event, Failed):
            self._finish(path, ("✗ ", "red"), f"{name}  {printable(str(event.error))}")
            return
        spec = trajectory.spec
        match event:
            case Started(k, damage):
                self._values[path] = newest(trajectory)
                self._begin(path, name, k, spec.iterations)
                for what in damage:
                    self._progress.console.print(Text(_recovery(name, what), "yellow"))
            case Iterated(row):
                self._update(path, row.k, f"{row.inpainted:.0f} %")
            case Stepped(k, step, steps):
                self._update(path, k, f"{spec.inpainted(k):.0f} %  step {step}/{steps}")
            case Measured(k, values):
                self._values[path] = dict(values)
            case Ended(k, done):
                mark = ("✓ ", "green") if done else ("◼ ", "yellow")
                values = self._values.get(path) or newest(trajectory)
                self._finish(path, mark, f"{name}  {spec.inpainted(k):.0f} %  {listed(values)}")
            case Already():
                self._finish(path, ("✓ ", "green"), f"{name}  {event.what} already  {listed(newest(trajectory))}")
            case Noted(text):
                self._progress.console.print(Text(printable(f"{name}: {text}"), "yellow"))
            case Loading(inpainter):
                self._loaded()
                self._loading = self._progress.add_task(f"loading {inpainter} ...", total=None, inpainted="", values="")
            case Elsewhere(k, holder):
                self._begin(path, f"{name} (process {holder.pid if holder else '?'})", k, spec.iterations)
                self._update(path, k, f"{spec.inpainted(k):.0f} %")

    def _begin(self, path: Path, description: str, k: int, total: int) -> None:
        if (task := self._tasks.get(path)) is not None:
            self._progress.update(task, description=description)
            return
        self._tasks[path] = self._progress.add_task(
            description, total=total, completed=k, inpainted="", values="", visible=len(self._tasks) < MOST
        )

    def _update(self, path: Path, k: int, inpainted: str) -> None:
        self._loaded()
        if path in self._tasks:
            values = self._newest(path)
            self._progress.update(self._tasks[path], completed=k, inpainted=inpainted, values=values)
        if self._all is not None:
            self._done[path] = k
            self._progress.update(self._all, completed=sum(self._done.values()))

    def _newest(self, path: Path) -> str:
        name, values = headline({0: self._values.get(path, {})})
        return f"{name} {number(values[0])}" if values else ""

    def _finish(self, path: Path, mark: tuple[str, str], text: str) -> None:
        self._loaded()
        if path in self._tasks:
            self._progress.remove_task(self._tasks.pop(path))
            for task in [*self._tasks.values()][:MOST]:
                self._progress.update(task, visible=True)
        self._progress.console.print(Text.assemble(mark, text))

    def _loaded(self) -> None:
        if self._loading is not None:
            self._progress.remove_task(self._loading)
            self._loading = None


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
