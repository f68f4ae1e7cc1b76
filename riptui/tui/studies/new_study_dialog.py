"""The dialog that writes a study file: which preset, under which name, in which folder."""

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, Select, Static

from riptui.errors import InputError, RiptuiError
from riptui.store.names import require_name
from riptui.study.presets import PRESETS, describe_preset, write_preset
from riptui.text.terminal import printable
from riptui.text.units import expand_home
from riptui.tui.dialogs import Dialog


class NewStudyDialog(Dialog[Path | None]):
    """Returns the file that was written; None if none was."""

    DEFAULT_CSS = """
    NewStudyDialog > Vertical { width: 76; }
    NewStudyDialog .line Label { width: 10; }
    NewStudyDialog #about { height: auto; max-height: 5; margin: 1 0; color: $text-muted; }
    """
    KEYS = "ctrl+s write  esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f5", "write", "Write")]
    AUTO_FOCUS = "Select"

    def __init__(self, folder: Path) -> None:
        """folder: the proposed one."""
        super().__init__("New study")
        self._folder = folder
        self._proposed_name = ""

    def compose(self) -> ComposeResult:
        with self.make_box():
            options = [(name, name) for name in PRESETS]
            select = Select(options, id="preset", value=options[0][1], allow_blank=False, compact=True)
            yield Horizontal(Label("Preset"), select, classes="line")
            yield self.make_field("Name", "", "name")
            yield self.make_field("Folder", str(self._folder), "folder")
            yield Static(id="about", markup=False)
            yield Static(classes="problem")
            yield self.make_buttons("write")

    @property
    def preset(self) -> str:
        return str(self.query_one("#preset", Select).value)

    def find_file(self) -> Path:
        """The file as it is named in the form. Raises InputError."""
        name = self.query_one("#name", Input).value.strip().removesuffix(".toml")
        require_name(name)
        folder = expand_home(self.query_one("#folder", Input).value.strip() or ".")
        return folder.absolute() / f"{name}.toml"

    @on(Select.Changed)
    def _propose_name(self) -> None:
        """Propose the preset's name, unless another one was typed; the first that is free."""
        field = self.query_one("#name", Input)
        self.query_one("#about", Static).update(Text(printable(describe_preset(self.preset))))
        if field.value == self._proposed_name:
            names = [self.preset, *(f"{self.preset}-{number}" for number in range(2, 100))]
            free = [name for name in names if not (self._folder / f"{name}.toml").exists()]
            self._proposed_name = field.value = free[0] if free else self.preset

    @on(Input.Changed)
    def _show_problem(self) -> None:
        problem = ""
        try:
            file = self.find_file()
            if file.exists():
                problem = f"{file.name} exists: choose another name"
        except InputError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{error.filename}: {error.strerror}"
        self.query_one(".problem", Static).update(Text(printable(problem)))

    @on(Button.Pressed, "#write")
    @on(Input.Submitted)
    def action_write(self) -> None:
        try:
            file = self.find_file()
            write_preset(self.preset, file)
        except RiptuiError as error:
            self.query_one(".problem", Static).update(Text(printable(str(error))))
        else:
            self.dismiss(file)
