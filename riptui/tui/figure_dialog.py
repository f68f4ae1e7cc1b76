"""The dialog that writes a figure: a chart or a sheet of pictures, for a paper.

The command of that name draws it, in a process of its own: matplotlib would take half a second and 60 MB of the app.
"""

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Checkbox, Input, Static

from riptui.errors import InputError
from riptui.settings.state import recall, remember
from riptui.supervision import client
from riptui.text.terminal import printable
from riptui.text.units import expand_home
from riptui.tui.check_boxes import SignCheckbox
from riptui.tui.dialogs import Dialog
from riptui.tui.ui_thread import call_if_open

STATE_KEY = "figure"
"""The key of the remembered choices."""
KIND_LABELS = {"pdf": "PDF, for LaTeX", "svg": "SVG, to edit", "png": "PNG, 200 dpi"}
MAX_ERROR_CHARACTERS = 300


class FigureOptions(msgspec.Struct, frozen=True):
    """The choices in the dialog; remembered."""

    kinds: tuple[str, ...] = ("pdf", "png")
    folder: str = "."
    overwrite: bool = False


@dataclass(frozen=True)
class Figure:
    """What is to be drawn: a command of riptui with its arguments, but for the files to write."""

    title: str
    stem: str
    """The files' name that is proposed, without an ending."""
    arguments: Sequence[str]

    def command_line(self, files: Sequence[Path], *, overwrite: bool) -> list[str]:
        """The arguments of `riptui` that write these files."""
        name, *rest = self.arguments
        outs = [part for file in files for part in ("-o", str(file))]
        return [name, *outs, *(["--overwrite"] if overwrite else []), *rest]


class FigureScreen(Dialog[list[Path] | None]):
    """Returns the written files, the CSV last; None if nothing was written."""

    DEFAULT_CSS = """
    FigureScreen > Vertical { width: 76; }
    FigureScreen #beside { color: $text-muted; }
    FigureScreen #command { height: auto; max-height: 4; margin-top: 1; color: $text-muted; }
    """
    KEYS = "ctrl+s write  esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f5", "write", "Write")]

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure.title)
        self._figure = figure
        self._process: subprocess.Popen[str] | None = None

    def compose(self) -> ComposeResult:
        with self.make_box():
            previous = recall(STATE_KEY, FigureOptions) or FigureOptions()
            for kind, label in KIND_LABELS.items():
                yield SignCheckbox(label, kind in previous.kinds, id=kind, compact=True)
            yield SignCheckbox("overwrite existing files", previous.overwrite, id="overwrite", compact=True)
            yield self.make_field("Name", self._figure.stem, "name")
            yield self.make_field("Folder", previous.folder, "folder")
            yield Static("the numbers are written beside it, as CSV", id="beside")
            yield Static(id="command")
            yield Static(id="status")
            yield self.make_buttons("write")

    def on_mount(self) -> None:
        self._show_command()

    @property
    def options(self) -> FigureOptions:
        return FigureOptions(
            kinds=tuple(kind for kind in KIND_LABELS if self.query_one(f"#{kind}", Checkbox).value),
            folder=self.query_one("#folder", Input).value.strip() or ".",
            overwrite=self.query_one("#overwrite", Checkbox).value,
        )

    def _find_files(self, options: FigureOptions) -> list[Path]:
        """The figure's files. Raises InputError."""
        name = self.query_one("#name", Input).value.strip()
        if not options.kinds:
            raise InputError("choose at least one kind of file")
        if not name or "/" in name:
            raise InputError("give the files a name, without a /")
        folder = expand_home(options.folder)
        return [folder / f"{name}.{kind}" for kind in options.kinds]

    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _show_command(self) -> None:
        """Show the command that does the same."""
        options = self.options
        try:
            arguments = self._figure.command_line(self._find_files(options), overwrite=options.overwrite)
        except InputError:
            arguments = []
        text = shlex.join(["riptui", *arguments]) if arguments else ""
        self.query_one("#command", Static).update(Text(printable(text)))

    def action_leave(self) -> None:
        """Close the dialog; while something is drawn, end that."""
        if self._process is not None:
            self._process.terminate()
        self.dismiss(None)

    @on(Button.Pressed, "#write")
    @on(Input.Submitted)
    def action_write(self) -> None:
        write = self.query_one("#write", Button)
        if write.disabled:  # it is being drawn
            return
        options = self.options
        try:
            files = self._find_files(options)
        except InputError as error:
            self.show_status(str(error), is_error=True)
            return
        write.disabled = True
        remember(STATE_KEY, options)
        self.show_status("drawing …")
        arguments = self._figure.command_line(files, overwrite=options.overwrite)
        self.run_worker(partial(self._run, arguments, files), thread=True)

    def _run(self, arguments: list[str], files: list[Path]) -> None:
        quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
        command = [*client.COMMAND, *arguments]
        try:
            process = subprocess.Popen(command, stdin=quiet, stdout=pipe, stderr=pipe, text=True, errors="replace")
        except OSError as error:  # a command line that is too long, no memory
            call_if_open(self, self._show_failure, f"could not start riptui {arguments[0]}: {error.strerror}")
            return
        self._process = process
        _, errors = process.communicate()
        if process.returncode:
            call_if_open(self, self._show_failure, errors.strip() or f"exit code {process.returncode}")
        else:
            call_if_open(self, self.dismiss, [*files, files[0].with_suffix(".csv")])

    def _show_failure(self, errors: str) -> None:
        self._process = None
        self.query_one("#write", Button).disabled = False
        reason = errors.rpartition("error: ")[2].replace("; --overwrite replaces it", "")
        self.show_status(reason[-MAX_ERROR_CHARACTERS:], is_error=True)
