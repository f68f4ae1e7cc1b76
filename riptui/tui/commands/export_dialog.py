"""The export dialog: what to write, where to, and the progress. A thread does the work and can be cancelled."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Checkbox, Input, ProgressBar, Static

from riptui import export
from riptui.errors import InputError, RiptuiError
from riptui.export.animation import DEFAULT_FRAMES, count_default_frames
from riptui.settings.state import recall, remember
from riptui.spec import MeasureInterval, measured_iterations
from riptui.store.trajectory import Trajectory
from riptui.text.units import expand_home
from riptui.tui.check_boxes import SignCheckbox
from riptui.tui.dialogs import Dialog
from riptui.tui.ui_thread import call_if_open

STATE_KEY = "export"
"""The key of the remembered choices."""
KIND_LABELS = {
    "gif": f"GIF, about {DEFAULT_FRAMES} frames",
    "mp4": "MP4, the same frames, for slides",
    "png": "PNG of one frame, with its spec inside",
    "strip": "strip, a frame every 50 %",
    "frames": "frames, one PNG each",
    "csv": "CSV of all metrics",
}
SUFFIXES = {"gif": ".gif", "mp4": ".mp4", "strip": ".png", "csv": ".csv", "frames": ""}


class ExportOptions(msgspec.Struct, frozen=True):
    """The choices in the dialog; remembered."""

    kinds: tuple[str, ...] = ("gif", "strip")
    at: str = ""  # frames of GIF and PNGs: half, every, a number of iterations; "": the default of `riptui export`
    folder: str = "."
    overwrite: bool = False


@dataclass(frozen=True)
class ExportTask:
    """One file, or folder of frames, to write."""

    kind: str
    trajectory: Trajectory
    target: Path
    frame: int | None = None
    """Of the PNG of one frame; None: the newest."""


class ExportCancelledError(Exception):
    """Raised to end an export between two frames; the unfinished file is removed."""


def plan_tasks(
    options: ExportOptions, trajectories: Sequence[Trajectory], runs: Path, frame: int | None = None
) -> list[ExportTask]:
    """One task per file, named by the path below the runs folder, e.g. fig7-cat-m64-s0.gif: no two are equal.

    frame: that of the PNG of one frame.
    """
    folder = expand_home(options.folder)
    tasks = []
    for trajectory in trajectories:
        name = os.path.relpath(trajectory.path, runs).replace("/", "-")
        suffixes = SUFFIXES | {"png": "-newest.png" if frame is None else f"-frame-{frame}.png"}
        tasks += [ExportTask(kind, trajectory, folder / (name + suffixes[kind]), frame) for kind in options.kinds]
    return tasks


def parse_interval(text: str) -> MeasureInterval | None:
    """Parse half, every or a number of iterations; None for a blank text. Raises InputError."""
    text = text.strip()
    if text == "half" or text == "every":
        return text  # type: ignore[return-value]
    if text and not (text.isdecimal() and int(text) > 0):
        raise InputError("expected half (every 50 %), every (each iteration) or a number of iterations")
    return int(text) if text else None


def run_task(
    task: ExportTask, interval: MeasureInterval | None, *, overwrite: bool, on_progress: export.OnExportProgress
) -> None:
    """Write one file or folder. Raises RiptuiError, and whatever `on_progress` raises."""
    trajectory, target = task.trajectory, task.target
    computed = len(trajectory.read_rows())
    frames = None if interval is None else [k for k in measured_iterations(trajectory.spec, interval) if k <= computed]
    match task.kind:
        case "gif":
            export.write_animation(trajectory, target, frames, overwrite=overwrite, on_progress=on_progress)
        case "mp4":
            export.write_video(trajectory, target, frames, overwrite=overwrite, on_progress=on_progress)
        case "png":
            frame = computed if task.frame is None else task.frame
            export.write_frame_png(trajectory, target, frame, overwrite=overwrite)
        case "strip":
            export.write_strip(trajectory, target, overwrite=overwrite, on_progress=on_progress)
        case "frames":
            export.write_frames(trajectory, target, frames, overwrite=overwrite, on_progress=on_progress)
        case _:
            export.write_metrics_csv(trajectory, target, overwrite=overwrite)


class ExportScreen(Dialog[list[Path] | None]):
    """Returns the written paths; None if there are none."""

    DEFAULT_CSS = """
    ExportScreen > Vertical { width: 70; }
    ExportScreen ProgressBar { margin-top: 1; display: none; }
    """
    KEYS = "ctrl+s export  esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f5", "export", "Export")]

    def __init__(
        self,
        trajectories: Sequence[Trajectory],
        runs: Path,
        *,
        frame: int | None = None,
        kinds: Sequence[str] = (),
    ) -> None:
        """frame: that of the PNG of one frame, of a single trajectory. kinds: ticked instead of the remembered ones."""
        count_text = f"{len(trajectories)} trajectories"
        super().__init__(f"Export {trajectories[0].path.name if len(trajectories) == 1 else count_text}")
        self._trajectories = trajectories
        self._runs = runs
        self._frame = frame if len(trajectories) == 1 else None
        self._kinds = kinds
        self._written: list[ExportTask] = []
        self._cancelled = Event()
        self._busy = False

    def compose(self) -> ComposeResult:
        with self.make_box():
            previous = recall(STATE_KEY, ExportOptions) or ExportOptions()
            for kind, label in KIND_LABELS.items():
                if kind == "png":
                    label = label.replace("one frame", "the newest" if self._frame is None else f"frame {self._frame}")
                if kind == "gif" and len(self._trajectories) == 1:
                    with suppress(RiptuiError):  # of an unreadable one, the export says so
                        count = count_default_frames(self._trajectories[0])
                        label = label.replace(f"about {DEFAULT_FRAMES}", str(count))
                yield SignCheckbox(label, kind in (self._kinds or previous.kinds), id=kind, compact=True)
            yield SignCheckbox("overwrite existing files", previous.overwrite, id="overwrite", compact=True)
            yield self.make_field("Frames at", previous.at, "at", "half, every, or N iterations")
            yield self.make_field("Folder", previous.folder, "folder", ".")
            yield ProgressBar(show_eta=False)
            yield Static(id="status")
            yield self.make_buttons("export")

    @property
    def options(self) -> ExportOptions:
        return ExportOptions(
            kinds=tuple(kind for kind in KIND_LABELS if self.query_one(f"#{kind}", Checkbox).value),
            at=self.query_one("#at", Input).value,
            folder=self.query_one("#folder", Input).value.strip() or ".",
            overwrite=self.query_one("#overwrite", Checkbox).value,
        )

    def action_leave(self) -> None:
        """Close the dialog; during an export, cancel it first."""
        if self._busy:
            self._cancelled.set()
        else:
            self._finish()

    @on(Button.Pressed, "#export")
    @on(Input.Submitted)
    def action_export(self) -> None:
        options = self.options
        try:
            interval = parse_interval(options.at)
            todo = plan_tasks(options, self._trajectories, self._runs, self._frame)
            if not todo:
                raise InputError("choose at least one kind of file")
        except InputError as error:
            self.show_status(str(error), is_error=True)
            return
        if self._busy:
            return
        self._busy = True
        if not self._kinds:
            remember(STATE_KEY, options)
        self.query_one("#export", Button).disabled = True
        bar = self.query_one(ProgressBar)
        bar.display = True
        bar.update(total=100, progress=0)
        self.run_worker(partial(self._export, todo, interval, options.overwrite), thread=True)

    def _export(self, todo: list[ExportTask], interval: MeasureInterval | None, overwrite: bool) -> None:
        """Run the tasks in order. A failed one stops no other; the next export tries only the failed ones."""
        errors: list[str] = []
        for number, task in enumerate(todo):
            if task in self._written:
                continue
            progress = self._make_progress(number, len(todo), task.target)
            try:
                run_task(task, interval, overwrite=overwrite, on_progress=progress)
                self._written.append(task)
            except ExportCancelledError:
                break
            except RiptuiError as error:
                errors.append(str(error))
        if errors and not self._cancelled.is_set():
            call_if_open(self, self._show_errors, errors)
        else:
            call_if_open(self, self._finish)

    def _make_progress(self, number: int, count: int, target: Path) -> Callable[[int, int], None]:
        """Progress in whole percents of all tasks: finer steps would be too much for a slow line."""
        last_percent = -1

        def progress(done: int, total: int) -> None:
            nonlocal last_percent
            if self._cancelled.is_set():
                raise ExportCancelledError
            percent = int(100 * (number + done / max(1, total)) / count)
            if percent != last_percent:
                last_percent = percent
                call_if_open(self, self._show_progress, percent, target.name)

        return progress

    def _show_progress(self, percent: int, name: str) -> None:
        self.query_one(ProgressBar).update(progress=percent)
        self.show_status(name)

    def _finish(self) -> None:
        self.dismiss([task.target for task in self._written] or None)

    def _show_errors(self, errors: list[str]) -> None:
        self._busy = False
        self.query_one(ProgressBar).display = False
        self.query_one("#export", Button).disabled = False
        done = f"{len(self._written)} written; " if self._written else ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        self.show_status(done + errors[0].partition("; --overwrite")[0] + more, is_error=True)
