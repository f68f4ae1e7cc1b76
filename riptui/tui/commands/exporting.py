"""Export: what, where to, and how far it is. The work is done in a thread that can be called off."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import ClassVar

import msgspec
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label, ProgressBar, Static

from riptui import export
from riptui.errors import InputError, RiptuiError
from riptui.settings.state import recall, remember
from riptui.spec import Measure, points
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.tui.dialogs import LOOK
from riptui.tui.threads import tell

REMEMBERED = "export"
"""The key under which the last choices are kept."""
KINDS = {
    "gif": "GIF, about 64 frames",
    "strip": "strip: a picture every 50 %",
    "frames": "frames, a PNG each",
    "csv": "CSV of all that was measured",
}
ENDINGS = {"gif": ".gif", "strip": ".png", "csv": ".csv", "frames": ""}


class Wish(msgspec.Struct, frozen=True):
    """The dialog as filled in; remembered."""

    kinds: tuple[str, ...] = ("gif", "strip")
    at: str = ""
    """Which frames GIF and frames take: half, every, a number of iterations; "": as `riptui export` does."""
    folder: str = "."
    overwrite: bool = False


@dataclass(frozen=True)
class Task:
    """One file, or folder of frames, to write."""

    kind: str
    trajectory: Trajectory
    target: Path


class CalledOffError(Exception):
    """Ends an export between two frames; what it has begun is removed on the way out."""


def tasks(wish: Wish, trajectories: Sequence[Trajectory], runs: Path) -> list[Task]:
    """Names come from the place below the runs folder: fig7-cat-m64-s0.gif, so that no two are the same."""
    folder = Path(wish.folder).expanduser()
    return [
        Task(kind, one, folder / (os.path.relpath(one.path, runs).replace("/", "-") + ENDINGS[kind]))
        for one in trajectories
        for kind in wish.kinds
    ]


def read_at(text: str) -> Measure | None:
    """half, every or a number of iterations; None for nothing. Raises InputError."""
    text = text.strip()
    if text == "half" or text == "every":
        return text  # type: ignore[return-value]
    if text and not (text.isdecimal() and int(text) > 0):
        raise InputError("half (every 50 %), every (each iteration), or a number of iterations")
    return int(text) if text else None


def perform(task: Task, at: Measure | None, *, overwrite: bool, on_progress: export.OnProgress) -> Path:
    """Write one of them. Raises RiptuiError, and whatever `on_progress` raises."""
    one, target = task.trajectory, task.target
    computed = len(one.rows())
    taken = None if at is None else [k for k in points(one.spec, at) if k <= computed]
    match task.kind:
        case "gif":
            return export.gif(one, target, taken, overwrite=overwrite, on_progress=on_progress)
        case "strip":
            return export.strip(one, target, overwrite=overwrite, on_progress=on_progress)
        case "frames":
            export.frames_to(one, target, taken, overwrite=overwrite, on_progress=on_progress)
            return target
        case _:
            return export.csv(one, target, overwrite=overwrite)


class ExportScreen(ModalScreen[list[Path] | None]):
    """Ends with what was written; None if nothing was."""

    DEFAULT_CSS = (
        LOOK.format(name="ExportScreen", width=70)
        + """
    ExportScreen Checkbox { background: $surface; border: none; padding: 0; height: 1; }
    ExportScreen .line { height: 1; }
    ExportScreen .line Label { width: 12; color: $text-muted; }
    ExportScreen .line Input { width: 1fr; }
    ExportScreen ProgressBar { margin-top: 1; display: none; }
    ExportScreen #say { height: auto; }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("ctrl+s,f5", "export", "Export"),
    ]

    def __init__(self, trajectories: Sequence[Trajectory], runs: Path) -> None:
        super().__init__()
        self._trajectories = trajectories
        self._runs = runs
        self._written: list[Task] = []
        self._called_off = Event()
        self._busy = False

    def compose(self) -> ComposeResult:
        before = recall(REMEMBERED, Wish) or Wish()
        with Vertical() as box:
            several = f"{len(self._trajectories)} trajectories"
            name = self._trajectories[0].path.name if len(self._trajectories) == 1 else several
            box.border_title = Text(f"Export {printable(name)}")
            box.border_subtitle = "ctrl+s exports, escape closes"
            for kind, label in KINDS.items():
                yield Checkbox(label, kind in before.kinds, id=kind, compact=True)
            yield Checkbox("replace files that exist", before.overwrite, id="overwrite", compact=True)
            yield from self._line("Frames at", before.at, "at", "half, every, or every N iterations")
            yield from self._line("Folder", before.folder, "folder", ".")
            yield ProgressBar(show_eta=False)
            yield Static(id="say")
            with Horizontal(classes="buttons"):
                yield Button("Export", id="export", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _line(self, label: str, value: str, id: str, placeholder: str) -> Iterator[Horizontal]:
        line = Input(value, placeholder=placeholder, id=id, compact=True)
        line.cursor_blink = False
        yield Horizontal(Label(label), line, classes="line")

    @property
    def wish(self) -> Wish:
        return Wish(
            kinds=tuple(kind for kind in KINDS if self.query_one(f"#{kind}", Checkbox).value),
            at=self.query_one("#at", Input).value,
            folder=self.query_one("#folder", Input).value.strip() or ".",
            overwrite=self.query_one("#overwrite", Checkbox).value,
        )

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """While it exports: call it off. The thread ends the dialog then."""
        if self._busy:
            self._called_off.set()
        else:
            self._end()

    @on(Button.Pressed, "#export")
    @on(Input.Submitted)
    def action_export(self) -> None:
        wish = self.wish
        try:
            at = read_at(wish.at)
            todo = tasks(wish, self._trajectories, self._runs)
            if not todo:
                raise InputError("choose at least one of the four")
        except (InputError, RuntimeError) as error:  # RuntimeError: ~nobody has no home
            self._say(str(error), wrong=True)
            return
        if self._busy:
            return
        self._busy = True
        remember(REMEMBERED, wish)
        self.query_one("#export", Button).disabled = True
        bar = self.query_one(ProgressBar)
        bar.display = True
        bar.update(total=100, progress=0)
        self.run_worker(partial(self._export, todo, at, wish.overwrite), thread=True)

    def _export(self, todo: list[Task], at: Measure | None, overwrite: bool) -> None:
        """One after another. What cannot be written stops none of the others, and is tried alone the next time."""
        errors: list[str] = []
        for number, task in enumerate(todo):
            if task in self._written:
                continue
            progress = self._progress(number, len(todo), task.target)
            try:
                perform(task, at, overwrite=overwrite, on_progress=progress)
                self._written.append(task)
            except CalledOffError:
                break
            except RiptuiError as error:
                errors.append(str(error))
        if errors and not self._called_off.is_set():
            tell(self, self._give_up, errors)
        else:
            tell(self, self._end)

    def _progress(self, number: int, count: int, target: Path) -> Callable[[int, int], None]:
        """Told in whole percents of the whole: a bar on a slow line is not to send more."""
        told = -1

        def progress(done: int, total: int) -> None:
            nonlocal told
            if self._called_off.is_set():
                raise CalledOffError
            percent = int(100 * (number + done / max(1, total)) / count)
            if percent != told:
                told = percent
                tell(self, self._show, percent, target.name)

        return progress

    def _show(self, percent: int, name: str) -> None:
        self.query_one(ProgressBar).update(progress=percent)
        self._say(name)

    def _end(self) -> None:
        self.dismiss([task.target for task in self._written] or None)

    def _give_up(self, errors: list[str]) -> None:
        self._busy = False
        self.query_one(ProgressBar).display = False
        self.query_one("#export", Button).disabled = False
        done = f"{len(self._written)} written; " if self._written else ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        self._say(done + errors[0].partition("; --overwrite")[0] + more, wrong=True)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        line = self.query_one("#say", Static)
        line.update(Text(printable(text)))
        line.set_class(wrong, "problem")
